// Whether rows of dQ, dK and dV are right, to the bit, worked out anew on the device.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/attention_gradients.h"
#include "kernels/cuda/attention_check.h"
#include "kernels/cuda/gradient_passes.h"

namespace assay::cuda {

/// Gradients with what they were computed from.
struct GradientClaim {
  GradientViews operands;
  GradientTuple place;
  const std::byte* slot = nullptr;  ///< dQ, dK and dV: gradient_places.
};

/// A drawn row of them: of dQ, then of dK, then of dV (output_rows).
struct GradientRowTask {
  GradientClaim claim;
  std::uint64_t row = 0;
};

/// What all checks share. `pattern` is on the device.
struct GradientCheck {
  AttentionProblem problem;
  const GradientPattern* pattern = nullptr;
};

/// One finding a task; of bad_key: the row of K, or of Q, whose weight or slope with this one can't
/// be. Each row by the definition: weights and slopes from products of rows as they stand in
/// memory, in numbers that hold them exactly. Fails as check() does.
[[nodiscard]] Result<std::vector<RowFinding>> check_gradient_rows(
    const GradientCheck& check, const std::vector<GradientRowTask>& tasks, cudaStream_t stream);

/// The first wrong element of all three, by weights and slopes that were never in memory: worked
/// out from the seed. Fails as check() does.
[[nodiscard]] Result<std::optional<RowFinding>> check_gradients(const GradientCheck& check,
                                                                const GradientClaim& claim,
                                                                cudaStream_t stream);

/// Which of the three it is, where it begins in a slot, and its rows and columns.
struct GradientPart {
  Gradient gradient = Gradient::of_q;
  std::uint64_t begin = 0;      ///< Elements.
  std::uint64_t first_row = 0;  ///< Among all rows of the three.
  std::uint64_t columns = 0;
};
[[nodiscard]] constexpr GradientPart part_of_gradients(const AttentionProblem& problem,
                                                       Gradient gradient) {
  const GradientPlaces places = gradient_places(problem);
  const std::uint64_t queries = query_rows(problem);
  switch (gradient) {
    case Gradient::of_q: return {gradient, 0, 0, problem.head_dim};
    case Gradient::of_k: return {gradient, places.dk, queries, problem.head_dim};
    case Gradient::of_v: break;
  }
  return {Gradient::of_v, places.dv, queries + key_rows(problem), problem.value_dim};
}

/// Of the one that has that row, of output_rows.
[[nodiscard]] constexpr GradientPart part_of_row(const AttentionProblem& problem,
                                                 std::uint64_t row) {
  const std::uint64_t queries = query_rows(problem);
  return part_of_gradients(problem, row < queries                       ? Gradient::of_q
                                    : row < queries + key_rows(problem) ? Gradient::of_k
                                                                        : Gradient::of_v);
}

/// A drawn row of dK, of `queries` queries that share its key: of each its Q, dO and O once; two
/// instructions for each number of a product of rows, three products, and two for each that is
/// summed up.
[[nodiscard]] inline LeastWork least_of_gradient_row(const AttentionProblem& problem,
                                                     double queries) {
  const auto head = static_cast<double>(problem.head_dim);
  const auto value = static_cast<double>(problem.value_dim);
  return {.bytes = 2 * queries * (head + 2 * value),
          .instructions = queries * (2 * (head + 2 * value) + 2 * head),
          .rounds = queries / 128};
}

/// All rows: operands and gradients once; for each pair of query and key, three times, 40
/// instructions of its factor and two for each column.
[[nodiscard]] inline LeastWork least_of_gradients(const AttentionProblem& problem) {
  const auto queries = static_cast<double>(query_rows(problem));
  const auto keys = static_cast<double>(key_rows(problem));
  const auto seq = static_cast<double>(problem.seq);
  const auto head = static_cast<double>(problem.head_dim);
  const auto value = static_cast<double>(problem.value_dim);
  const double pairs = queries * (problem.causal ? (seq + 1) / 2 : seq);
  return {.bytes = 2 * (2 * queries * head + queries * value + 2 * keys * (head + value)),
          .instructions = pairs * (3 * 40 + 2 * (2 * head + value)),
          .rounds = seq / 128};
}

}  // namespace assay::cuda
