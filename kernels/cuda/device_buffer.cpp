#include "kernels/cuda/device_buffer.h"

#include <string>
#include <utility>

namespace assay::cuda {

Result<DeviceBuffer> DeviceBuffer::of_bytes(std::uint64_t bytes) {
  DeviceBuffer buffer;
  void* data = nullptr;
  if (auto done = check(cudaMalloc(&data, bytes == 0 ? 1 : bytes),
                        "cudaMalloc of " + std::to_string(bytes) + " bytes");
      !done) {
    return done.error();
  }
  buffer.data_ = static_cast<std::byte*>(data);
  return buffer;
}

DeviceBuffer::DeviceBuffer(DeviceBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)) {}

DeviceBuffer& DeviceBuffer::operator=(DeviceBuffer&& other) noexcept {
  std::swap(data_, other.data_);
  return *this;
}

DeviceBuffer::~DeviceBuffer() {
  // Nobody is left to tell: a device that cannot free has failed, and the next call says so.
  static_cast<void>(cudaFree(data_));
}

Result<Done> copy_to_device(void* to, const void* from, std::uint64_t bytes) {
  return check(cudaMemcpy(to, from, bytes, cudaMemcpyHostToDevice), "copy to the device");
}

Result<Done> copy_to_host(void* to, const void* from, std::uint64_t bytes) {
  return check(cudaMemcpy(to, from, bytes, cudaMemcpyDeviceToHost), "copy from the device");
}

}  // namespace assay::cuda
