#include "kernels/host/softmax.h"

#include <algorithm>
#include <cstring>

#include "kernels/host/cpu.h"
#include "kernels/host/wide_lanes.h"
#include "kernels/number_bits.h"

namespace assay {
namespace {

using lanes::Floats16;
using lanes::Halves16;
using lanes::Ints16;
using lanes::k_wide;
using lanes::load16;

[[gnu::always_inline]] inline float largest(const float* scores, std::uint64_t columns) {
  Floats16 most = Floats16{} + k_no_maximum;
  for (std::uint64_t j = 0; j < columns; j += k_wide) {
    Floats16 values;
    Ints16 seen;
    load16(scores + j, values);
    lanes::lanes_before(j, columns, seen);
    lanes::take_larger(seen, values, most);
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
    lanes::to_bf16(weights, halves);
    std::memcpy(static_cast<std::uint16_t*>(block.weights) + at, &halves, sizeof halves);
  } else {
    std::memcpy(static_cast<float*>(block.weights) + at, &weights, sizeof weights);
  }
}

/// What was summed under the maximum before counts for less under a larger one.
[[gnu::always_inline]] inline void raise_maximum(const SoftmaxBlock& block, std::uint64_t row,
                                                 float maximum) {
  Floats16 factor = Floats16{} + (block.maxima[row] - maximum);
  lanes::raise_two(factor);
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
  const float maximum =
      std::max(block.maxima[row], largest(scores, columns) * lanes::k_score_scale);
  if (maximum > block.maxima[row]) {
    raise_maximum(block, row, maximum);
  }
  Floats16 sums{};
  for (std::uint64_t j = 0; j < block.stride; j += k_wide) {
    Floats16 weights;
    Ints16 seen;
    load16(scores + j, weights);
    lanes::lanes_before(j, columns, seen);
    weights = weights * lanes::k_score_scale - maximum;
    lanes::raise_two(weights);
    lanes::zero_where_not(seen, weights);
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
      lanes::to_bf16(quotient, halves);
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
  lanes::raise_two(powers);
  return powers[0];
}

}  // namespace assay
