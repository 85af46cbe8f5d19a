#include "kernels/cuda/gradient_operands.h"

#include <utility>
#include <vector>

#include "kernels/cuda/attention_operands.h"

namespace assay::cuda {
namespace {

struct Elements {
  std::uint64_t q = 0, k = 0, v = 0, o = 0, d_o = 0, l = 0;
};

/// As many as all windows together see: nothing reads beyond.
Elements elements_of(const AttentionProblem& problem) {
  const std::uint64_t queries = query_rows(problem);
  return {.q = (queries + k_query_rows_slack) * problem.head_dim,
          .k = key_rows(problem) * problem.head_dim,
          .v = (key_rows(problem) + k_attention_tuples) * problem.value_dim,
          .o = queries * problem.value_dim,
          .d_o = (queries + k_query_rows_slack) * problem.value_dim,
          .l = queries};
}

Result<DeviceBuffer> logarithms(const GradientPattern& pattern, std::uint64_t rows) {
  std::vector<float> levels(rows);
  for (std::uint64_t row = 0; row < rows; ++row) {
    const std::uint64_t level = pattern.rule().scores.live / 2 + (pattern.lowered(row) ? 1 : 0);
    levels[row] = static_cast<float>(level);
  }
  return on_device(levels);
}

}  // namespace

std::uint64_t GradientOperands::bytes_needed(const AttentionProblem& problem) {
  const Elements elements = elements_of(problem);
  return (elements.q + elements.k + elements.v + elements.o + elements.d_o) *
             bytes_of(problem.input) +
         elements.l * sizeof(float);
}

Result<GradientOperands> GradientOperands::generate(const AttentionProblem& problem,
                                                    const GradientPattern& pattern,
                                                    cudaStream_t stream) {
  GradientOperands made;
  made.problem_ = problem;
  made.rule_ = pattern.rule();
  const auto drawn = on_device(std::vector<AttentionPattern>{pattern.scores(), pattern.slopes()});
  if (!drawn) {
    return drawn.error();
  }
  using enum PatternPart;
  const Elements elements = elements_of(problem);
  const auto* const scores = drawn->as<AttentionPattern>();
  const auto* const slopes = scores + 1;
  auto q = filled_operand(scores, query_pairs, elements.q, stream);
  auto k = filled_operand(scores, key_pairs, elements.k, stream);
  auto v = filled_operand(slopes, key_pairs, elements.v, stream);
  auto o = filled_operand(slopes, key_pairs, elements.o, stream, GradientPattern::k_first_of_o);
  auto d_o = filled_operand(slopes, query_pairs, elements.d_o, stream);
  auto l = logarithms(pattern, elements.l);
  for (const auto* filled : {&q, &k, &v, &o, &d_o, &l}) {
    if (!*filled) {
      return filled->error();
    }
  }
  // The patterns are read until they are full.
  if (auto done = check(cudaStreamSynchronize(stream), "filling of operands"); !done) {
    return done.error();
  }
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

}  // namespace assay::cuda
