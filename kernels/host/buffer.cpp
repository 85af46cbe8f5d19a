#include "kernels/host/buffer.h"

#include <sys/mman.h>

#include <algorithm>
#include <string>
#include <utility>

namespace assay {
namespace {

constexpr std::uint64_t k_huge_page = std::uint64_t{1} << 21U;

}  // namespace

Result<Buffer> Buffer::of_bytes(std::uint64_t bytes) {
  const Error refused{Error::Code::io,
                      "the system refuses " + std::to_string(bytes) + " bytes of memory"};
  if (bytes > (std::uint64_t{1} << 50U)) {
    return refused;
  }
  Buffer buffer;
  buffer.bytes_ = std::max<std::uint64_t>(bytes, 1);
  void* const memory = mmap(nullptr, buffer.bytes_, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    return refused;
  }
  buffer.data_ = static_cast<std::byte*>(memory);
  if (bytes >= k_huge_page) {
    // A wish: without huge pages it is slower, not wrong.
    static_cast<void>(madvise(memory, buffer.bytes_, MADV_HUGEPAGE));
  }
  return buffer;
}

Buffer::Buffer(Buffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

Buffer::~Buffer() {
  if (data_ != nullptr) {
    munmap(data_, bytes_);
  }
}

}  // namespace assay
