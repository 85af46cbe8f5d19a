#include "kernels/host/memory_pattern.h"

#include <algorithm>
#include <bit>

#include "kernels/host/cpu.h"

namespace assay {
namespace {

constexpr unsigned k_whole_bits = 20;  // Of the integers that are summed: sums stay exact.

[[gnu::always_inline]] inline std::uint64_t whole(std::uint64_t drawn) {
  // Signed: every instruction set converts those.
  const auto value = static_cast<std::int64_t>(drawn >> (64 - k_whole_bits));
  return std::bit_cast<std::uint64_t>(static_cast<double>(value));
}

template <bool Adds>
[[gnu::always_inline]] inline std::uint64_t expected(const MemoryPattern& pattern,
                                                     const MemoryShift& shift,
                                                     std::uint64_t index) {
  const std::uint64_t b = pattern.b(index + shift.b);
  if constexpr (!Adds) {
    return b;
  }
  const std::uint64_t c = pattern.c(index + shift.c);
  return std::bit_cast<std::uint64_t>(std::bit_cast<double>(whole(b)) +
                                      static_cast<double>(shift.scalar) *
                                          std::bit_cast<double>(whole(c)));
}

/// Bits in which any of the words differs. No exit from the loop: so it runs as vectors.
template <bool Adds>
[[gnu::always_inline]] inline std::uint64_t differing(const MemoryPattern& pattern,
                                                      const MemoryShift& shift,
                                                      const std::uint64_t* to, std::uint64_t first,
                                                      std::uint64_t last) {
  const MemoryPattern here = pattern;
  const MemoryShift there = shift;
  std::uint64_t bits = 0;
  for (std::uint64_t i = first; i < last; ++i) {
    bits |= to[i] ^ expected<Adds>(here, there, i);
  }
  return bits;
}

using Differing = std::uint64_t (*)(const MemoryPattern&, const MemoryShift&, const std::uint64_t*,
                                    std::uint64_t, std::uint64_t);

template <bool Adds>
[[gnu::target("avx512f,avx512dq,avx512vl,avx512bw")]] std::uint64_t differing_avx512(
    const MemoryPattern& pattern, const MemoryShift& shift, const std::uint64_t* to,
    std::uint64_t first, std::uint64_t last) {
  return differing<Adds>(pattern, shift, to, first, last);
}
template <bool Adds>
[[gnu::target("avx2,fma")]] std::uint64_t differing_avx2(const MemoryPattern& pattern,
                                                         const MemoryShift& shift,
                                                         const std::uint64_t* to,
                                                         std::uint64_t first, std::uint64_t last) {
  return differing<Adds>(pattern, shift, to, first, last);
}
template <bool Adds>
std::uint64_t differing_sse2(const MemoryPattern& pattern, const MemoryShift& shift,
                             const std::uint64_t* to, std::uint64_t first, std::uint64_t last) {
  return differing<Adds>(pattern, shift, to, first, last);
}

template <bool Adds>
Differing fastest() {
  switch (own_vectors()) {
    case Vectors::avx512: return differing_avx512<Adds>;
    case Vectors::avx2: return differing_avx2<Adds>;
    case Vectors::sse2: return differing_sse2<Adds>;
  }
  return differing_sse2<Adds>;
}

}  // namespace

std::uint64_t source_word(const MemoryPattern& pattern, const Keyed& draw, std::uint64_t index) {
  return pattern.adds ? whole(draw(index)) : draw(index);
}

std::uint64_t pattern_word(const MemoryPattern& pattern, const MemoryShift& shift,
                           std::uint64_t index) {
  return pattern.adds ? expected<true>(pattern, shift, index)
                      : expected<false>(pattern, shift, index);
}

std::uint64_t first_difference(const MemoryPattern& pattern, const MemoryShift& shift,
                               const std::uint64_t* to, std::uint64_t first, std::uint64_t last) {
  constexpr std::uint64_t k_chunk = 4096;
  const Differing differing_here = pattern.adds ? fastest<true>() : fastest<false>();
  for (std::uint64_t begin = first; begin < last; begin += k_chunk) {
    const std::uint64_t end = std::min(begin + k_chunk, last);
    if (differing_here(pattern, shift, to, begin, end) == 0) {
      continue;
    }
    for (std::uint64_t i = begin; i < end; ++i) {
      if (to[i] != pattern_word(pattern, shift, i)) {
        return i;
      }
    }
  }
  return last;
}

}  // namespace assay
