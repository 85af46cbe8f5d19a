// Memory for arrays: page-aligned, in huge pages where the system has them, touched by no one yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "harness/model/result.h"

namespace assay {

/// Owns mapped memory. The first thread to write a page decides which NUMA node holds it.
class Buffer {
 public:
  /// Fails with io, saying how much was asked for.
  [[nodiscard]] static Result<Buffer> of_bytes(std::uint64_t bytes);

  Buffer() = default;
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();

  [[nodiscard]] std::byte* data() const { return data_; }

  /// The buffer as elements of type T, from the byte `offset` on, which T must divide.
  template <class T>
  [[nodiscard]] T* as(std::uint64_t offset = 0) const {
    return static_cast<T*>(static_cast<void*>(data_ + offset));
  }

 private:
  std::byte* data_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace assay
