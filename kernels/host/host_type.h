// The number types that this backend computes with.
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/backend.h"
#include "kernels/number_bits.h"

namespace assay {

enum class HostType { f64, f32, bf16, s32, s8 };

[[nodiscard]] constexpr bool is_host_type(NumberType type) {
  using enum NumberType;
  return type == f64 || type == f32 || type == bf16 || type == s32 || type == s8;
}

/// Precondition: is_host_type(type).
[[nodiscard]] constexpr HostType host_type(NumberType type) {
  using enum NumberType;
  assert(is_host_type(type));
  return type == f64    ? HostType::f64
         : type == f32  ? HostType::f32
         : type == bf16 ? HostType::bf16
         : type == s32  ? HostType::s32
                        : HostType::s8;
}

/// Writes an element. Preconditions: is_host_type(type), and the value is one of the type.
inline void store_element(NumberType type, std::byte* data, std::uint64_t index, double value) {
  void* const at = data + index * bytes_of(type);
  switch (host_type(type)) {
    case HostType::f64: *static_cast<double*>(at) = value; break;
    case HostType::f32: *static_cast<float*>(at) = static_cast<float>(value); break;
    case HostType::bf16:
      *static_cast<std::uint16_t*>(at) = static_cast<std::uint16_t>(
          std::bit_cast<std::uint32_t>(static_cast<float>(value)) >> 16U);
      break;
    case HostType::s8: *static_cast<std::int8_t*>(at) = static_cast<std::int8_t>(value); break;
    case HostType::s32: *static_cast<std::int32_t*>(at) = static_cast<std::int32_t>(value); break;
  }
}

}  // namespace assay
