// What a decoder layer does between its products, element by element and row by row; all in f32 or
// bf16, summed and rounded in f32. On all threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/backend.h"

namespace assay {

/// Dense rows.
struct LayerRows {
  NumberType type = NumberType::f32;
  std::uint64_t rows = 0, columns = 0;
};

/// to = norm(x): see kernels/transformer_plan.h.
void normalise(const LayerRows& rows, const std::byte* x, std::byte* to);

/// to = residual + the gradient of x, where `gradient` is that of norm(x). With r = 1 / rms(x):
/// r gradient - x r^3 mean(x gradient).
struct NormGradient {
  const std::byte* x = nullptr;
  const std::byte* gradient = nullptr;
  const std::byte* residual = nullptr;
  std::byte* to = nullptr;
};
void add_norm_gradient(const LayerRows& rows, const NormGradient& of);

/// to += from.
void add_residual(const LayerRows& rows, const std::byte* from, std::byte* to);
/// to = max(to, 0).
void rectify(const LayerRows& rows, std::byte* to);
/// to = 0 where `rectified` is.
void rectify_gradient(const LayerRows& rows, const std::byte* rectified, std::byte* to);

/// Columns of `tokens` from `first_column` on, heads of head_dim each, and the same by heads.
struct HeadsOfTokens {
  NumberType type = NumberType::f32;
  std::uint64_t batch = 1, seq = 0, heads = 1, head_dim = 0;
  std::uint64_t columns = 0, first_column = 0;  ///< Of a token.
};
void to_heads(const HeadsOfTokens& shape, const std::byte* tokens, std::byte* heads);
void to_tokens(const HeadsOfTokens& shape, const std::byte* heads, std::byte* tokens);

}  // namespace assay
