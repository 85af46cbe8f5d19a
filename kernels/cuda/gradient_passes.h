// Attention's backward pass by own kernels on the tensor cores (mma.sync): what is measured of it.
//
// FlashAttention-2 (arXiv 2307.08691, algorithm 2), but for dQ: where that adds to dQ from all
// blocks of keys at once, here a kernel of its own goes along the keys and computes P and dS again,
// seven products for five. So nothing is added atomically, and any operands give the same bits
// every time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/attention_gradients.h"
#include "kernels/cuda/error.h"
#include "kernels/cuda/least_work.h"

namespace assay::cuda {

/// Where the operands of one tuple begin: dense rows, aligned to 16 bytes.
struct GradientViews {
  const std::byte* q = nullptr;
  const std::byte* k = nullptr;
  const std::byte* v = nullptr;
  const std::byte* o = nullptr;
  const std::byte* d_o = nullptr;
  const float* l = nullptr;  ///< Of each row of Q, in bits (powers of two).
};

/// One step. bf16 alone.
struct GradientPass {
  AttentionProblem problem;
  GradientViews operands;
  std::byte* to = nullptr;  ///< dQ, dK, dV: gradient_places.
  float* d = nullptr;       ///< Room for rowsum(dO O) of each row of Q.
};

/// Queues it on the stream. Fails as check() does.
[[nodiscard]] Result<Done> differentiate(const GradientPass& pass, cudaStream_t stream);

/// Blocks of threads of its largest launch.
[[nodiscard]] std::uint64_t gradient_blocks(const AttentionProblem& problem);

/// Keys and queries that a block of threads of dK and dV, and of dQ, has; and how many of the
/// others it has in shared memory at a time.
inline constexpr unsigned k_gradient_keys = 64, k_gradient_queries = 128;
[[nodiscard]] constexpr unsigned gradient_tile(unsigned head_dim) {
  return head_dim == 64 ? 64 : 32;
}

/// D: dO and O once; for each eight columns of a row two loads and 32 instructions.
[[nodiscard]] inline LeastWork least_of_dots(const AttentionProblem& problem) {
  const auto numbers = static_cast<double>(query_rows(problem) * problem.value_dim);
  return {.bytes = 4 * numbers, .instructions = numbers / 8 * 34, .rounds = 1};
}

namespace detail {
/// `products` times head_dim and value_dim columns each, of every pair that the mask leaves: 12
/// instructions of a score and its slope, and for each 2048 multiply-adds one mma and half a load
/// of matrices, of 32 threads each.
[[nodiscard]] inline double gradient_instructions(const AttentionProblem& problem, double columns) {
  const auto seq = static_cast<double>(problem.seq);
  const double pairs =
      static_cast<double>(query_rows(problem)) * (problem.causal ? (seq + 1) / 2 : seq);
  return pairs * (12 + 1.5 * 32 * columns / 2048);
}
}  // namespace detail

/// dK and dV: every operand but O, and both gradients, once; four products. What tensor cores take
/// is not counted.
[[nodiscard]] inline LeastWork least_of_key_gradients(const AttentionProblem& problem) {
  const auto queries = static_cast<double>(query_rows(problem));
  const auto keys = static_cast<double>(key_rows(problem));
  const auto columns = static_cast<double>(problem.head_dim + problem.value_dim);
  return {.bytes = 2 * (queries + 2 * keys) * columns + 8 * queries,
          .instructions = detail::gradient_instructions(problem, 2 * columns),
          .rounds = 2};
}

/// dQ: the same operands and one gradient; three products.
[[nodiscard]] inline LeastWork least_of_query_gradients(const AttentionProblem& problem) {
  const auto queries = static_cast<double>(query_rows(problem));
  const auto keys = static_cast<double>(key_rows(problem));
  const auto head = static_cast<double>(problem.head_dim);
  const auto columns = head + static_cast<double>(problem.value_dim);
  return {.bytes = 2 * ((queries + keys) * columns + queries * head) + 8 * queries,
          .instructions = detail::gradient_instructions(problem, columns + head),
          .rounds = 2};
}

}  // namespace assay::cuda
