#include "kernels/host/memory_pattern.h"

#include <algorithm>

#include "kernels/host/cpu.h"

namespace assay {
namespace {

/// Bits in which any of the words differs. No exit from the loop: so it runs as vectors.
template <bool Adds>
[[gnu::always_inline]] inline std::uint64_t differing(const memory::Pattern& pattern,
                                                      const memory::Shift& shift,
                                                      const std::uint64_t* to, std::uint64_t first,
                                                      std::uint64_t last) {
  const memory::Pattern here = pattern;
  const memory::Shift there = shift;
  std::uint64_t bits = 0;
  for (std::uint64_t i = first; i < last; ++i) {
    bits |= to[i] ^ memory::written_word<Adds>(here, there, i);
  }
  return bits;
}

using Differing = std::uint64_t (*)(const memory::Pattern&, const memory::Shift&,
                                    const std::uint64_t*, std::uint64_t, std::uint64_t);

template <bool Adds>
[[gnu::target("avx512f,avx512dq,avx512vl,avx512bw")]] std::uint64_t differing_avx512(
    const memory::Pattern& pattern, const memory::Shift& shift, const std::uint64_t* to,
    std::uint64_t first, std::uint64_t last) {
  return differing<Adds>(pattern, shift, to, first, last);
}
template <bool Adds>
[[gnu::target("avx2,fma")]] std::uint64_t differing_avx2(const memory::Pattern& pattern,
                                                         const memory::Shift& shift,
                                                         const std::uint64_t* to,
                                                         std::uint64_t first, std::uint64_t last) {
  return differing<Adds>(pattern, shift, to, first, last);
}
template <bool Adds>
std::uint64_t differing_sse2(const memory::Pattern& pattern, const memory::Shift& shift,
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

std::uint64_t first_difference(const memory::Pattern& pattern, const memory::Shift& shift,
                               const std::uint64_t* to, std::uint64_t first, std::uint64_t last) {
  constexpr std::uint64_t k_chunk = 4096;
  const Differing differing_here = pattern.adds ? fastest<true>() : fastest<false>();
  for (std::uint64_t begin = first; begin < last; begin += k_chunk) {
    const std::uint64_t end = std::min(begin + k_chunk, last);
    if (differing_here(pattern, shift, to, begin, end) == 0) {
      continue;
    }
    for (std::uint64_t i = begin; i < end; ++i) {
      if (to[i] != memory::written_word(pattern, shift, i)) {
        return i;
      }
    }
  }
  return last;
}

}  // namespace assay
