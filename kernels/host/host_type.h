// The number types that this backend computes with.
#pragma once

#include <cassert>

#include "kernels/backend.h"

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

}  // namespace assay
