#include "kernels/cuda/pinned_memory.h"

#include <sys/mman.h>

#include <string>
#include <utility>

#include "kernels/cuda/error.h"
#include "kernels/cuda/numa.h"

namespace assay::cuda {

Result<PinnedMemory> PinnedMemory::on_node(std::uint64_t bytes, unsigned node) {
  PinnedMemory memory;
  void* const data =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) {
    return Error{Error::Code::io,
                 "the system refuses " + std::to_string(bytes) + " bytes of memory"};
  }
  memory.data_ = data;
  memory.bytes_ = bytes;
  // A wish: without huge pages more translations are made, and nothing is wrong.
  static_cast<void>(::madvise(data, bytes, MADV_HUGEPAGE));
  if (auto placed = place_on_node(data, bytes, node); !placed) {
    return placed.error();
  }
  if (auto done = check(cudaHostRegister(data, bytes, cudaHostRegisterMapped),
                        "cudaHostRegister of " + std::to_string(bytes) + " bytes");
      !done) {
    return done.error();
  }
  memory.registered_ = true;
  if (auto done =
          check(cudaHostGetDevicePointer(&memory.seen_, data, 0), "cudaHostGetDevicePointer");
      !done) {
    return done.error();
  }
  return memory;
}

PinnedMemory::PinnedMemory(PinnedMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      seen_(std::exchange(other.seen_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)),
      registered_(std::exchange(other.registered_, false)) {}

PinnedMemory& PinnedMemory::operator=(PinnedMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(seen_, other.seen_);
  std::swap(bytes_, other.bytes_);
  std::swap(registered_, other.registered_);
  return *this;
}

PinnedMemory::~PinnedMemory() {
  // Nobody is left to tell, as in DeviceBuffer.
  if (registered_) {
    static_cast<void>(cudaHostUnregister(data_));
  }
  if (data_ != nullptr) {
    static_cast<void>(::munmap(data_, bytes_));
  }
}

}  // namespace assay::cuda
