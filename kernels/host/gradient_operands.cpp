#include "kernels/host/gradient_operands.h"

#include <utility>

#include "kernels/host/fill_pairs.h"
#include "kernels/host/parallel.h"
#include "kernels/number_bits.h"

namespace assay {
namespace {

struct Rows {
  std::uint64_t q = 0, k = 0, v = 0, o = 0;  // dO has as many as Q, and L as O.
};

Rows rows_of(const AttentionProblem& problem) {
  constexpr std::uint64_t k_behind = GradientOperands::k_rows_behind;
  return {.q = query_rows(problem) + k_query_rows_slack + k_behind,
          .k = key_rows(problem) + k_behind,
          .v = key_rows(problem) + k_attention_tuples + k_behind,
          .o = query_rows(problem) + k_behind};
}

/// A matrix of pairs; its rows are as long as those of the pattern.
Result<Buffer> pairs_of(NumberType type, std::uint64_t rows, const AttentionPattern& pattern,
                        const std::function<AttentionPattern::Pair(std::uint64_t)>& pair_at) {
  auto made = Buffer::of_bytes(rows * pattern.pairs() * 2 * bytes_of(type));
  if (made) {
    fill_pairs(type, rows * pattern.pairs(), made->data(), pair_at);
  }
  return made;
}

}  // namespace

std::uint64_t GradientOperands::bytes_needed(const AttentionProblem& problem) {
  const Rows rows = rows_of(problem);
  return ((rows.q + rows.k) * problem.head_dim + (rows.q + rows.v + rows.o) * problem.value_dim) *
             bytes_of(problem.input) +
         rows.o * sizeof(float);
}

Result<GradientOperands> GradientOperands::generate(const AttentionProblem& problem,
                                                    const GradientPattern& pattern) {
  const Rows rows = rows_of(problem);
  const AttentionPattern& scores = pattern.scores();
  const AttentionPattern& slopes = pattern.slopes();
  const NumberType type = problem.input;
  auto q = pairs_of(type, rows.q, scores, [&](auto i) { return scores.query_pair(i); });
  auto k = pairs_of(type, rows.k, scores, [&](auto i) { return scores.key_pair(i); });
  auto v = pairs_of(type, rows.v, slopes, [&](auto i) { return slopes.key_pair(i); });
  auto o = pairs_of(type, rows.o, slopes,
                    [&](auto i) { return slopes.key_pair(GradientPattern::k_first_of_o + i); });
  auto d_o = pairs_of(type, rows.q, slopes, [&](auto i) { return slopes.query_pair(i); });
  auto l = Buffer::of_bytes(rows.o * sizeof(float));
  for (const auto* made : {&q, &k, &v, &o, &d_o, &l}) {
    if (!*made) {
      return made->error();
    }
  }
  for (std::uint64_t row = 0; row < rows.o; ++row) {
    const std::uint64_t level = pattern.rule().scores.live / 2 + (pattern.lowered(row) ? 1 : 0);
    l->as<float>()[row] = static_cast<float>(level);
  }
  GradientOperands made;
  made.problem_ = problem;
  made.rule_ = pattern.rule();
  made.q_ = std::move(*q);
  made.k_ = std::move(*k);
  made.v_ = std::move(*v);
  made.o_ = std::move(*o);
  made.d_o_ = std::move(*d_o);
  made.l_ = std::move(*l);
  return made;
}

GradientViews GradientOperands::tuple(std::uint64_t tuple) const {
  const GradientTuple place = gradient_tuple(rule_, tuple);
  const std::uint64_t element = bytes_of(problem_.input);
  const std::uint64_t query_block = problem_.head_dim / rule_.scores.live;  // Elements.
  const std::uint64_t slope_block = problem_.value_dim / rule_.slopes.live;
  return {.q = q_.data() + place.query_blocks * query_block * element,
          .k = k_.data(),
          .v = v_.data() + place.value_rows * problem_.value_dim * element,
          .o = o_.data(),
          .d_o = d_o_.data() + place.slope_blocks * slope_block * element,
          .l = l_.as<float>()};
}

}  // namespace assay
