// Sixteen numbers at once, and what the softmax does with them: as lanes.h, whatever instructions
// the function may use that they are inlined into.
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/attention_plan.h"

namespace assay::lanes {

inline constexpr std::uint64_t k_wide = 16;
using Floats16 [[gnu::vector_size(64)]] = float;
using Ints16 [[gnu::vector_size(64)]] = std::int32_t;
using Words16 [[gnu::vector_size(64)]] = std::uint32_t;  ///< Sums of bits may wrap round.
using Halves16 [[gnu::vector_size(32)]] = std::uint16_t;

/// Of scores, as powers of two: kernels/attention_plan.h.
inline constexpr auto k_score_scale = static_cast<float>(k_score_bits);
inline constexpr float k_least_power = -126.0F;  // Smaller ones are not normal: 0 here.

// Vectors are handed back by reference: returned, they would have another ABI in each of the
// functions that have more instructions. Signs instead of comparisons, whose results GCC takes
// apart where it doesn't know the instructions yet. Numbers are finite.
[[gnu::always_inline]] inline void load16(const float* from, Floats16& to) {
  std::memcpy(&to, from, sizeof to);
}

[[gnu::always_inline]] inline void zero_where_not(const Ints16& mask, Floats16& values) {
  values = reinterpret_cast<Floats16>(mask & reinterpret_cast<Ints16>(values));
}

[[gnu::always_inline]] inline void take_larger(const Ints16& allowed, const Floats16& values,
                                               Floats16& most) {
  const Ints16 mask = allowed & (reinterpret_cast<Ints16>(most - values) >> 31);
  most = reinterpret_cast<Floats16>((mask & reinterpret_cast<Ints16>(values)) |
                                    (~mask & reinterpret_cast<Ints16>(most)));
}

/// x becomes 2^x: the power of the nearest whole number by its exponent, times the series of the
/// rest.
[[gnu::always_inline]] inline void raise_two(Floats16& x) {
  constexpr float k_rounder = 12582912.0F;  // 1.5 x 2^23: what is added to it is rounded.
  const Floats16 shifted = x + k_rounder;
  const Floats16 rest = x - (shifted - k_rounder);
  // ln(2)^n / n!; the first term left out is below 2^-27.
  Floats16 series = rest * 1.5252734e-5F + 1.5403530e-4F;
  series = series * rest + 1.3333558e-3F;
  series = series * rest + 9.6181291e-3F;
  series = series * rest + 5.5504109e-2F;
  series = series * rest + 2.4022651e-1F;
  series = series * rest + 6.9314718e-1F;
  series = series * rest + 1.0F;
  const Words16 exponent = reinterpret_cast<Words16>(shifted) << 23;
  const Ints16 too_small = reinterpret_cast<Ints16>(x - k_least_power) >> 31;
  x = reinterpret_cast<Floats16>((reinterpret_cast<Words16>(series) + exponent) &
                                 ~reinterpret_cast<Words16>(too_small));
}

[[gnu::always_inline]] inline void to_bf16(const Floats16& values, Halves16& to) {
  const auto bits = reinterpret_cast<Words16>(values);
  to = __builtin_convertvector((bits + 0x7fff + ((bits >> 16) & 1)) >> 16, Halves16);
}

/// Lanes from `first` on that lie before `end`.
[[gnu::always_inline]] inline void lanes_before(std::uint64_t first, std::uint64_t end,
                                                Ints16& to) {
  constexpr Ints16 k_lane{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  to = (k_lane - (end > first ? static_cast<std::int32_t>(end - first) : 0)) >> 31;
}

}  // namespace assay::lanes
