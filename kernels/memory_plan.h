// What memory holds before and after it is moved: a function of seed and index, kept nowhere and
// the same on hosts and devices.
#pragma once

#include <bit>
#include <cstdint>

#include "kernels/keyed.h"

namespace assay::memory {

inline constexpr std::uint64_t k_line = 8;  ///< Elements of 8 bytes in 64 bytes.
inline constexpr std::uint64_t k_tuples = 4096;
inline constexpr std::uint64_t k_shifts = 64;  ///< Of each source; tuples: pairs of them.
/// Elements of a source beyond an array: the last tuple begins that far in.
inline constexpr std::uint64_t k_slack = k_shifts * k_shifts * k_line;
inline constexpr std::uint64_t k_lattice = 256;     ///< Words poisoned and witnessed, at least.
inline constexpr std::uint64_t k_drawn_lines = 64;  ///< Lines checked of every pass.
inline constexpr std::uint64_t k_poison = 0x7ff8'dead'dead'deadULL;  ///< Nobody's NaN.
inline constexpr std::uint64_t k_b_stream = 1, k_c_stream = 2, k_place_stream = 3, k_key_stream = 4;
/// Every word was compared or summed exactly: no wrong pass can be missed. Stands for -infinity,
/// which JSON can't say.
inline constexpr double k_log2_nothing_missed = -1024.0;

/// The sources b and c, and what a pass makes of them.
struct Pattern {
  Keyed b, c;
  bool adds = true;  ///< to = b + scalar c in whole doubles; else to = b, all 64 bits drawn.

  constexpr Pattern(const Seed& seed, bool sums)
      : b(seed, k_b_stream), c(seed, k_c_stream), adds(sums) {}
};

/// Where a pass begins in the sources, and its factor.
struct Shift {
  std::uint64_t b = 0, c = 0, scalar = 0;
};

/// What one pass does differently from all others.
struct Tuple {
  Shift shift;            ///< Of copy and triad.
  std::uint64_t key = 0;  ///< Of read.
};

/// Any two tuples differ in a shift; the scalar and the key differ too, so that a pass with the
/// right addresses and a stale factor shows. Precondition: index < k_tuples.
[[nodiscard]] constexpr Tuple tuple_of(std::uint64_t index) {
  return {
      .shift = {.b = index * k_line, .c = index / k_shifts * k_line, .scalar = 3 + 2 * (index % 8)},
      .key = Keyed(Seed{}, k_key_stream)(index)};
}

/// A whole number below 2^20, as the bits of a double: sums of a few stay exact.
[[nodiscard, gnu::always_inline]] constexpr std::uint64_t whole_double(std::uint64_t drawn) {
  // Signed: every instruction set converts those.
  const auto value = static_cast<std::int64_t>(drawn >> 44U);
  return std::bit_cast<std::uint64_t>(static_cast<double>(value));
}

/// What stands at `index` of source b or c.
[[nodiscard]] constexpr std::uint64_t source_word(const Pattern& pattern, const Keyed& draw,
                                                  std::uint64_t index) {
  return pattern.adds ? whole_double(draw(index)) : draw(index);
}

/// What a pass must have written at `index`; `Adds` is the pattern's.
template <bool Adds>
[[nodiscard, gnu::always_inline]] constexpr std::uint64_t written_word(const Pattern& pattern,
                                                                       const Shift& shift,
                                                                       std::uint64_t index) {
  const std::uint64_t b = pattern.b(index + shift.b);
  if constexpr (!Adds) {
    return b;
  } else {
    const std::uint64_t c = pattern.c(index + shift.c);
    return std::bit_cast<std::uint64_t>(std::bit_cast<double>(whole_double(b)) +
                                        static_cast<double>(shift.scalar) *
                                            std::bit_cast<double>(whole_double(c)));
  }
}
[[nodiscard]] constexpr std::uint64_t written_word(const Pattern& pattern, const Shift& shift,
                                                   std::uint64_t index) {
  return pattern.adds ? written_word<true>(pattern, shift, index)
                      : written_word<false>(pattern, shift, index);
}

/// The sum modulo 2^64 of word ^ key over `elements` words of which ones[i] have bit i set.
template <class Ones>
[[nodiscard]] constexpr std::uint64_t keyed_sum(const Ones& ones, std::uint64_t elements,
                                                std::uint64_t key) {
  std::uint64_t sum = 0;
  for (unsigned bit = 0; bit < 64; ++bit) {
    const bool inverted = ((key >> bit) & 1U) != 0;
    sum += (inverted ? elements - ones[bit] : std::uint64_t{ones[bit]}) << bit;
  }
  return sum;
}

}  // namespace assay::memory
