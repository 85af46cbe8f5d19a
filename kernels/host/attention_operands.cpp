#include "kernels/host/attention_operands.h"

#include <utility>

#include "kernels/host/fill_pairs.h"
#include "kernels/host/host_type.h"
#include "kernels/host/parallel.h"
#include "kernels/number_bits.h"

namespace assay {
namespace {

constexpr std::uint64_t k_grain = std::uint64_t{1} << 13U;

struct Rows {
  std::uint64_t q = 0, k = 0, v = 0;
};

Rows rows_of(const AttentionProblem& problem) {
  constexpr std::uint64_t k_behind = AttentionOperands::k_rows_behind;
  return {.q = query_rows(problem) + k_query_rows_slack + k_behind,
          .k = key_rows(problem) + k_behind,
          .v = key_rows(problem) + k_attention_tuples + k_behind};
}

}  // namespace

std::uint64_t AttentionOperands::bytes_needed(const AttentionProblem& problem) {
  const Rows rows = rows_of(problem);
  return ((rows.q + rows.k) * problem.head_dim + rows.v * problem.value_dim) *
         bytes_of(problem.input);
}

Result<AttentionOperands> AttentionOperands::generate(const AttentionProblem& problem,
                                                      const AttentionPattern& pattern) {
  AttentionOperands made;
  made.problem_ = problem;
  made.rule_ = pattern.rule();
  const Rows rows = rows_of(problem);
  const std::uint64_t element = bytes_of(problem.input);
  auto q = Buffer::of_bytes(rows.q * problem.head_dim * element);
  auto k = Buffer::of_bytes(rows.k * problem.head_dim * element);
  auto v = Buffer::of_bytes(rows.v * problem.value_dim * element);
  for (const auto* made_buffer : {&q, &k, &v}) {
    if (!*made_buffer) {
      return made_buffer->error();
    }
  }
  fill_pairs(problem.input, rows.q * pattern.pairs(), q->data(),
             [&](std::uint64_t i) { return pattern.query_pair(i); });
  fill_pairs(problem.input, rows.k * pattern.pairs(), k->data(),
             [&](std::uint64_t i) { return pattern.key_pair(i); });
  parallel_ranges(
      rows.v * problem.value_dim, k_grain, [&](std::uint64_t first, std::uint64_t last) {
        for (std::uint64_t i = first; i < last; ++i) {
          store_element(problem.input, v->data(), i, static_cast<double>(pattern.value(i)));
        }
      });
  made.q_ = std::move(*q);
  made.k_ = std::move(*k);
  made.v_ = std::move(*v);
  return made;
}

AttentionViews AttentionOperands::tuple(std::uint64_t tuple) const {
  const AttentionTuple place = attention_tuple(rule_, tuple);
  const std::uint64_t element = bytes_of(problem_.input);
  const std::uint64_t block = problem_.head_dim / rule_.live;  // Elements.
  return {.q = q_.data() + place.query_blocks * block * element,
          .k = k_.data(),
          .v = v_.data() + place.value_rows * problem_.value_dim * element};
}

}  // namespace assay
