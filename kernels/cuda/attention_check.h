// Whether rows of attention's output are right, to the bit, worked out anew on the device.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/attention_plan.h"
#include "kernels/cuda/attention_passes.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/least_work.h"

namespace assay::cuda {

/// One output with what it was computed from.
struct AttentionClaim {
  AttentionViews operands;
  AttentionTuple place;
  const std::byte* o = nullptr;
};

/// A drawn row of it.
struct RowTask {
  AttentionClaim claim;
  std::uint64_t row = 0;
};

/// What is wrong: an element, and the bits that it must have; or, where operands are not what they
/// must be, a score that no row has.
struct RowFinding {
  static constexpr std::uint64_t k_none = ~std::uint64_t{0};
  std::uint64_t element = k_none;
  std::uint64_t expected = 0;
  std::uint64_t bad_key = k_none;  ///< Of the sequence: that whose score is none.
};

/// What all checks share. `pattern` is on the device.
struct AttentionCheck {
  AttentionProblem problem;
  const AttentionPattern* pattern = nullptr;
};

/// One finding a task. Each row by the definition: scores are products of rows of Q and K as they
/// stand in memory, in numbers that hold them exactly. Fails as check() does.
[[nodiscard]] Result<std::vector<RowFinding>> check_rows(const AttentionCheck& check,
                                                         const std::vector<RowTask>& tasks,
                                                         cudaStream_t stream);

/// The first wrong element of all rows, by weights that were never in memory: worked out from the
/// seed. Fails as check() does.
[[nodiscard]] Result<std::optional<RowFinding>> check_output(const AttentionCheck& check,
                                                             const AttentionClaim& claim,
                                                             cudaStream_t stream);

inline constexpr unsigned k_checked_rows = 8;  ///< Of a block of threads, when all are.

/// A drawn row: the keys and values that it sees, once; two instructions for each of their numbers.
[[nodiscard]] inline LeastWork least_of_row(const AttentionProblem& problem, double keys) {
  const double numbers = keys * static_cast<double>(problem.head_dim + problem.value_dim);
  return {.bytes = 2 * numbers, .instructions = 3 * numbers, .rounds = keys / 128};
}

/// All rows: operands and output once; for each pair of query and key 32 instructions of its weight
/// and two for each column of its value.
[[nodiscard]] inline LeastWork least_of_output(const AttentionProblem& problem) {
  const auto queries = static_cast<double>(query_rows(problem));
  const auto seq = static_cast<double>(problem.seq);
  const double pairs = queries * (problem.causal ? (seq + 1) / 2 : seq);
  const auto width = static_cast<double>(problem.value_dim);
  return {.bytes = 2 * (static_cast<double>(key_rows(problem)) + queries) * width,
          .instructions = pairs * (32 + 2 * width),
          .rounds = seq / 128};
}

}  // namespace assay::cuda
