#include "kernels/host/softmax.h"

#include <algorithm>
#include <cstring>

#include "kernels/host/cpu.h"
#include "kernels/number_bits.h"

namespace assay {
namespace {

constexpr std::uint64_t k_wide = 16;
using Floats16 [[gnu::vector_size(64)]] = float;
using Ints16 [[gnu::vector_size(64)]] = std::int32_t;
using Halves16 [[gnu::vector_size(32)]] = std::uint16_t;

constexpr float k_scale = 0.5F;
constexpr float k_least_power = -126.0F;  // Smaller ones are not normal: 0 here.

// Vectors are handed back by reference: returned, they would have another ABI in each of the
// functions below that have more instructions.
[[gnu::always_inline]] inline void load16(const float* from, Floats16& to) {
  std::memcpy(&to, from, sizeof to);
}

[[gnu::always_inline]] inline void zero_where_not(const Ints16& mask, Floats16& values) {
  values = reinterpret_cast<Floats16>(mask & reinterpret_cast<Ints16>(values));
}

[[gnu::always_inline]] inline void take_larger(const Ints16& allowed, const Floats16& values,
                                               Floats16& most) {
  const Ints16 mask = allowed & (values > most);
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
  const Ints16 exponent = reinterpret_cast<Ints16>(shifted) << 23;
  const Ints16 normal = x >= k_least_power;
  x = reinterpret_cast<Floats16>((reinterpret_cast<Ints16>(series) + exponent) & normal);
}

[[gnu::always_inline]] inline void to_bf16(const Floats16& values, Halves16& to) {
  const Ints16 bits = reinterpret_cast<Ints16>(values);
  to = __builtin_convertvector((bits + 0x7fff + ((bits >> 16) & 1)) >> 16, Halves16);
}

/// Lanes from `first` on that lie before `end`.
[[gnu::always_inline]] inline void lanes_before(std::uint64_t first, std::uint64_t end,
                                                Ints16& to) {
  constexpr Ints16 k_lane{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  to = k_lane < (end > first ? static_cast<std::int32_t>(end - first) : 0);
}

[[gnu::always_inline]] inline float largest(const float* scores, std::uint64_t columns) {
  Floats16 most = Floats16{} + k_no_maximum;
  for (std::uint64_t j = 0; j < columns; j += k_wide) {
    Floats16 values;
    Ints16 seen;
    load16(scores + j, values);
    lanes_before(j, columns, seen);
    take_larger(seen, values, most);
  }
  float result = k_no_maximum;
  for (std::uint64_t lane = 0; lane < k_wide; ++lane) {
    result = std::max(result, most[lane]);
  }
  return result;
}

[[gnu::always_inline]] inline void store_weights(const SoftmaxBlock& block, std::uint64_t at,
                                                 const Floats16& weights) {
  if (block.type == NumberType::bf16) {
    Halves16 halves;
    to_bf16(weights, halves);
    std::memcpy(static_cast<std::uint16_t*>(block.weights) + at, &halves, sizeof halves);
  } else {
    std::memcpy(static_cast<float*>(block.weights) + at, &weights, sizeof weights);
  }
}

/// What was summed under the maximum before counts for less under a larger one.
[[gnu::always_inline]] inline void raise_maximum(const SoftmaxBlock& block, std::uint64_t row,
                                                 float maximum) {
  Floats16 factor = Floats16{} + (block.maxima[row] - maximum);
  raise_two(factor);
  block.maxima[row] = maximum;
  block.sums[row] *= factor[0];
  float* const outputs = block.outputs + row * block.value_dim;
  for (std::uint64_t c = 0; c < block.value_dim; c += k_wide) {
    Floats16 values;
    load16(outputs + c, values);
    values *= factor;
    std::memcpy(outputs + c, &values, sizeof values);
  }
}

[[gnu::always_inline]] inline void fold_row(const SoftmaxBlock& block, std::uint64_t row) {
  const std::uint64_t columns = std::min(block.columns + (block.causal ? row : 0), block.stride);
  const float* const scores = block.scores + row * block.stride;
  const float maximum = std::max(block.maxima[row], largest(scores, columns) * k_scale);
  if (maximum > block.maxima[row]) {
    raise_maximum(block, row, maximum);
  }
  Floats16 sums{};
  for (std::uint64_t j = 0; j < block.stride; j += k_wide) {
    Floats16 weights;
    Ints16 seen;
    load16(scores + j, weights);
    lanes_before(j, columns, seen);
    weights = weights * k_scale - maximum;
    raise_two(weights);
    zero_where_not(seen, weights);
    sums += weights;
    store_weights(block, row * block.stride + j, weights);
  }
  float sum = 0;
  for (std::uint64_t lane = 0; lane < k_wide; ++lane) {
    sum += sums[lane];
  }
  block.sums[row] += sum;
}

[[gnu::always_inline]] inline void fold_all(const SoftmaxBlock& block) {
  for (std::uint64_t row = 0; row < block.rows; ++row) {
    fold_row(block, row);
  }
}

[[gnu::always_inline]] inline void divide_all(const SoftmaxEnd& end) {
  for (std::uint64_t row = 0; row < end.rows; ++row) {
    for (std::uint64_t c = 0; c < end.value_dim; c += k_wide) {
      const std::uint64_t at = row * end.value_dim + c;
      Floats16 quotient;
      Halves16 halves;
      load16(end.outputs + at, quotient);
      quotient /= Floats16{} + end.sums[row];
      to_bf16(quotient, halves);
      const void* const from = end.type == NumberType::bf16 ? static_cast<const void*>(&halves)
                                                            : static_cast<const void*>(&quotient);
      std::memcpy(end.to + at * bytes_of(end.type), from, k_wide * bytes_of(end.type));
    }
  }
}

[[gnu::target("avx512f,avx512dq,avx512vl,avx512bw")]] void fold_avx512(const SoftmaxBlock& block) {
  fold_all(block);
}
[[gnu::target("avx2,fma")]] void fold_avx2(const SoftmaxBlock& block) {
  fold_all(block);
}
[[gnu::target("avx512f,avx512dq,avx512vl,avx512bw")]] void divide_avx512(const SoftmaxEnd& end) {
  divide_all(end);
}
[[gnu::target("avx2,fma")]] void divide_avx2(const SoftmaxEnd& end) {
  divide_all(end);
}

}  // namespace

void fold_scores(const SoftmaxBlock& block) {
  switch (own_vectors()) {
    case Vectors::avx512: fold_avx512(block); break;
    case Vectors::avx2: fold_avx2(block); break;
    case Vectors::sse2: fold_all(block); break;
  }
}

void divide_sums(const SoftmaxEnd& end) {
  switch (own_vectors()) {
    case Vectors::avx512: divide_avx512(end); break;
    case Vectors::avx2: divide_avx2(end); break;
    case Vectors::sse2: divide_all(end); break;
  }
}

float softmax_power(float x) {
  Floats16 powers = Floats16{} + x;
  raise_two(powers);
  return powers[0];
}

}  // namespace assay
