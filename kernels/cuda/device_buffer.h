// Memory of the current device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "harness/model/result.h"
#include "kernels/cuda/error.h"

namespace assay::cuda {

/// Owns device memory, aligned to at least 256 bytes.
class DeviceBuffer {
 public:
  /// Fails as check() does.
  [[nodiscard]] static Result<DeviceBuffer> of_bytes(std::uint64_t bytes);

  DeviceBuffer() = default;
  DeviceBuffer(DeviceBuffer&& other) noexcept;
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept;
  DeviceBuffer(const DeviceBuffer&) = delete;
  DeviceBuffer& operator=(const DeviceBuffer&) = delete;
  ~DeviceBuffer();

  [[nodiscard]] std::byte* data() const { return data_; }

  /// As elements of type T, from the beginning.
  template <class T>
  [[nodiscard]] T* as() const {
    return static_cast<T*>(static_cast<void*>(data_));
  }

 private:
  std::byte* data_ = nullptr;
};

/// Copies and waits for the end.
[[nodiscard]] Result<Done> copy_to_device(void* to, const void* from, std::uint64_t bytes);
[[nodiscard]] Result<Done> copy_to_host(void* to, const void* from, std::uint64_t bytes);

/// A buffer that holds these elements.
template <class T>
[[nodiscard]] Result<DeviceBuffer> on_device(const std::vector<T>& elements) {
  auto buffer = DeviceBuffer::of_bytes(elements.size() * sizeof(T));
  if (!buffer) {
    return buffer;
  }
  if (auto done = copy_to_device(buffer->data(), elements.data(), elements.size() * sizeof(T));
      !done) {
    return done.error();
  }
  return buffer;
}

/// The first `count` elements of a buffer.
template <class T>
[[nodiscard]] Result<std::vector<T>> on_host(const DeviceBuffer& buffer, std::uint64_t count) {
  std::vector<T> elements(count);
  if (auto done = copy_to_host(elements.data(), buffer.data(), count * sizeof(T)); !done) {
    return done.error();
  }
  return elements;
}

}  // namespace assay::cuda
