// The softmax of sixteen queries that a warp has, block by block of keys, in device code.
//
// Running maxima and sums as of Milakov and Gimelshein (arXiv 1805.02867) and FlashAttention (arXiv
// 2205.14135). Scores, weights and weighted sums stand where multiply_add() has them: a lane holds
// rows g and g + 8 (half 0 and 1). Where weights are powers of two and sums are whole, all of it is
// exact, whatever the blocks: see kernels/attention_plan.h.
#pragma once

#include <bit>
#include <cstdint>

#include "kernels/attention_plan.h"
#include "kernels/cuda/warp_matrix.h"

namespace assay::cuda {

/// Below every score: of what is masked, and of rows that have seen nothing.
inline constexpr float k_no_score = -1e30F;

/// 2^x for x <= 0, exact for whole x, else within 2^-22 of it; 0 from -127 down. The whole part
/// goes straight into the exponent: nothing says that ex2.approx is exact but for 0.
__device__ inline float softmax_power(float x) {
  constexpr float k_round = 12582912.0F;  // 1.5 x 2^23: adding it rounds to a whole number.
  const float bounded = x < -127.0F ? -127.0F : x;
  const float shifted = bounded + k_round;
  const float rest = bounded - (shifted - k_round);
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(about_power_of_two(rest)) +
                              (std::bit_cast<std::uint32_t>(shifted) << 23U));
}

/// Of the four lanes that hold one row; every one of them gets it.
__device__ inline float row_maximum(float value) {
  for (const int distance : {1, 2}) {
    const float other = __shfl_xor_sync(k_every_lane, value, distance);
    value = value < other ? other : value;
  }
  return value;
}
__device__ inline float row_sum(float value) {
  for (const int distance : {1, 2}) {
    value += __shfl_xor_sync(k_every_lane, value, distance);
  }
  return value;
}

/// What was summed up so far of one row and half: Columns is the width of V.
template <unsigned Columns>
struct SoftmaxRows {
  float maxima[2] = {k_no_score, k_no_score};  ///< In bits (powers of two).
  float sums[2] = {0, 0};                      ///< Of the weights, this lane's part.
  float outputs[Columns / 8][4] = {};          ///< Weighted sums.
};

/// Raises the maxima to those of `scores` (in units of q k), scales what was summed under smaller
/// ones, and turns the scores into weights.
template <unsigned Columns, unsigned Tiles>
__device__ void fold_scores(SoftmaxRows<Columns>& rows, float (&scores)[Tiles][4]) {
  constexpr auto k_bits = static_cast<float>(k_score_bits);
  ASSAY_UNROLL
  for (unsigned half = 0; half < 2; ++half) {
    float most = k_no_score;
    ASSAY_UNROLL
    for (unsigned tile = 0; tile < Tiles; ++tile) {
      ASSAY_UNROLL
      for (unsigned i = 2 * half; i < 2 * half + 2; ++i) {
        most = most < scores[tile][i] ? scores[tile][i] : most;
      }
    }
    most = row_maximum(most) * k_bits;
    const float maximum = rows.maxima[half] < most ? most : rows.maxima[half];
    const float factor = softmax_power(rows.maxima[half] - maximum);
    rows.maxima[half] = maximum;
    float sum = rows.sums[half] * factor;
    ASSAY_UNROLL
    for (unsigned tile = 0; tile < Tiles; ++tile) {
      ASSAY_UNROLL
      for (unsigned i = 2 * half; i < 2 * half + 2; ++i) {
        scores[tile][i] = softmax_power(scores[tile][i] * k_bits - maximum);
        sum += scores[tile][i];
      }
    }
    rows.sums[half] = sum;
    ASSAY_UNROLL
    for (unsigned tile = 0; tile < Columns / 8; ++tile) {
      rows.outputs[tile][2 * half] *= factor;
      rows.outputs[tile][2 * half + 1] *= factor;
    }
  }
}

/// The weights of two tiles of eight keys each, rounded to bf16, as multiply_add() wants A: what a
/// lane holds of D is where it is wanted of A.
__device__ inline void weights_of(const float (&first)[4], const float (&second)[4],
                                  std::uint32_t (&to)[4]) {
  to[0] = two_as_bf16(first[0], first[1]);
  to[1] = two_as_bf16(first[2], first[3]);
  to[2] = two_as_bf16(second[0], second[1]);
  to[3] = two_as_bf16(second[2], second[3]);
}

}  // namespace assay::cuda
