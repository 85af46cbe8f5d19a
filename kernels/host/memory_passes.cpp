#include "kernels/host/memory_passes.h"

#include <immintrin.h>

#include "kernels/host/cpu.h"

namespace assay {
namespace {

// One cache line an iteration: all loops work on eight elements of 8 bytes.
constexpr std::uint64_t k_line = 8;

// Unsigned, so that sums may wrap.
using Words512 [[gnu::vector_size(64)]] = std::uint64_t;
using Words256 [[gnu::vector_size(32)]] = std::uint64_t;

// Intrinsics want pointers to their vector types; they may alias anything.
template <class Vector>
[[gnu::always_inline]] inline Vector* at(std::uint64_t* to) {
  return static_cast<Vector*>(static_cast<void*>(to));
}
template <class Vector>
[[gnu::always_inline]] inline const Vector* at(const std::uint64_t* from) {
  return static_cast<const Vector*>(static_cast<const void*>(from));
}
[[gnu::always_inline]] inline const double* doubles(const std::uint64_t* from) {
  return static_cast<const double*>(static_cast<const void*>(from));
}

[[gnu::target("avx512f")]] std::uint64_t move_avx512(const Pass& pass) {
  const __m512d scalar = _mm512_set1_pd(pass.scalar);
  const __m512i key = _mm512_set1_epi64(static_cast<std::int64_t>(pass.key));
  std::uint64_t sum = 0;
  if (pass.op == MemoryProblem::Op::read) {
    Words512 sums{};
    for (std::uint64_t i = 0; i < pass.elements; i += k_line) {
      sums += reinterpret_cast<Words512>(_mm512_xor_si512(_mm512_load_si512(pass.b + i), key));
    }
    for (std::uint64_t lane = 0; lane < k_line; ++lane) {
      sum += sums[lane];
    }
    return sum;
  }
  for (std::uint64_t i = 0; i < pass.elements; i += k_line) {
    __m512i value;
    if (pass.op == MemoryProblem::Op::copy) {
      value = _mm512_load_si512(pass.b + i);
    } else {
      value = _mm512_castpd_si512(_mm512_load_pd(doubles(pass.b + i)) +
                                  scalar * _mm512_load_pd(doubles(pass.c + i)));
    }
    if (pass.non_temporal) {
      _mm512_stream_si512(at<__m512i>(pass.to + i), value);
    } else {
      _mm512_store_si512(at<__m512i>(pass.to + i), value);
    }
  }
  return 0;
}

[[gnu::target("avx2")]] std::uint64_t move_avx2(const Pass& pass) {
  constexpr std::uint64_t k_width = 4;
  const __m256d scalar = _mm256_set1_pd(pass.scalar);
  const __m256i key = _mm256_set1_epi64x(static_cast<std::int64_t>(pass.key));
  std::uint64_t sum = 0;
  if (pass.op == MemoryProblem::Op::read) {
    Words256 even{};
    Words256 odd{};
    for (std::uint64_t i = 0; i < pass.elements; i += k_line) {
      even += reinterpret_cast<Words256>(
          _mm256_xor_si256(_mm256_load_si256(at<__m256i>(pass.b + i)), key));
      odd += reinterpret_cast<Words256>(
          _mm256_xor_si256(_mm256_load_si256(at<__m256i>(pass.b + i + k_width)), key));
    }
    even += odd;
    for (std::uint64_t lane = 0; lane < k_width; ++lane) {
      sum += even[lane];
    }
    return sum;
  }
  for (std::uint64_t i = 0; i < pass.elements; i += k_width) {
    __m256i value;
    if (pass.op == MemoryProblem::Op::copy) {
      value = _mm256_load_si256(at<__m256i>(pass.b + i));
    } else {
      value = _mm256_castpd_si256(_mm256_load_pd(doubles(pass.b + i)) +
                                  scalar * _mm256_load_pd(doubles(pass.c + i)));
    }
    if (pass.non_temporal) {
      _mm256_stream_si256(at<__m256i>(pass.to + i), value);
    } else {
      _mm256_store_si256(at<__m256i>(pass.to + i), value);
    }
  }
  return 0;
}

std::uint64_t move_sse2(const Pass& pass) {
  constexpr std::uint64_t k_width = 2;
  const __m128d scalar = _mm_set1_pd(pass.scalar);
  std::uint64_t sum = 0;
  if (pass.op == MemoryProblem::Op::read) {
    for (std::uint64_t i = 0; i < pass.elements; ++i) {
      sum += pass.b[i] ^ pass.key;
    }
    return sum;
  }
  for (std::uint64_t i = 0; i < pass.elements; i += k_width) {
    __m128i value;
    if (pass.op == MemoryProblem::Op::copy) {
      value = _mm_load_si128(at<__m128i>(pass.b + i));
    } else {
      value = _mm_castpd_si128(_mm_load_pd(doubles(pass.b + i)) +
                               scalar * _mm_load_pd(doubles(pass.c + i)));
    }
    if (pass.non_temporal) {
      _mm_stream_si128(at<__m128i>(pass.to + i), value);
    } else {
      _mm_store_si128(at<__m128i>(pass.to + i), value);
    }
  }
  return 0;
}

}  // namespace

std::uint64_t move_memory(const Pass& pass) {
  std::uint64_t sum = 0;
  switch (own_vectors()) {
    case Vectors::avx512: sum = move_avx512(pass); break;
    case Vectors::avx2: sum = move_avx2(pass); break;
    case Vectors::sse2: sum = move_sse2(pass); break;
  }
  _mm_sfence();  // Streamed stores are over when the pass is.
  return sum;
}

}  // namespace assay
