// The softmax of attention, block by block of keys: the running maximum and sum of each query.
#pragma once

#include <cstdint>

#include "kernels/backend.h"

namespace assay {

/// One block of scores of a thread, and what was summed before it (Milakov and Gimelshein,
/// arXiv 1805.02867; FlashAttention, arXiv 2205.14135).
struct SoftmaxBlock {
  std::uint64_t rows = 0;             ///< Queries.
  std::uint64_t stride = 0;           ///< Of scores and weights: a multiple of 16.
  std::uint64_t columns = 0;          ///< Keys that the first row sees, at most stride.
  bool causal = false;                ///< Each next row sees one key more.
  const float* scores = nullptr;      ///< q k.
  void* weights = nullptr;            ///< Stored as `type`; 0 for keys that are not seen.
  NumberType type = NumberType::f32;  ///< f32 or bf16.
  float* maxima = nullptr;            ///< Of each row, in bits (powers of two).
  float* sums = nullptr;              ///< Of the weights of each row.
  float* outputs = nullptr;           ///< Rows of value_dim: weighted sums so far, scaled here.
  std::uint64_t value_dim = 0;        ///< A multiple of 16.
};

/// Of a row that has seen nothing: below every score.
inline constexpr float k_no_maximum = -1e30F;

/// Turns scores into weights 2^(score / 2 - maximum), and scales what was summed under a smaller
/// maximum.
void fold_scores(const SoftmaxBlock& block);

/// outputs / sums, rounded to f32 and then to the type, into rows of value_dim elements of `to`.
struct SoftmaxEnd {
  std::uint64_t rows = 0, value_dim = 0;
  const float* outputs = nullptr;
  const float* sums = nullptr;
  NumberType type = NumberType::f32;
  std::byte* to = nullptr;
};
void divide_sums(const SoftmaxEnd& end);

/// 2^x for x <= 0 as the softmax has it: exact for whole x, else within 2 units in the last place;
/// 0 below 2^-126. For the tests.
[[nodiscard]] float softmax_power(float x);

}  // namespace assay
