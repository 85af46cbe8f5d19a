#include "kernels/attention_gradients.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace assay {
namespace {

constexpr std::uint64_t k_level_stream = 0x420, k_slope_streams = 0x10;
constexpr std::uint64_t k_live_slopes = 2;
constexpr std::uint64_t k_least_turns = 180;  // In f32: with fewer, few elements have 12 bits.
constexpr double k_most_sum = 16777216.0;

bool stays_exact(const AttentionProblem& problem, const AttentionRule& rule) {
  const auto live = static_cast<double>(rule.live);
  const auto turns = static_cast<double>(rule.turns);
  const auto most = static_cast<double>(rule.most_pair);
  const auto keys = static_cast<double>(problem.seq);
  const std::uint64_t shared = problem.heads / problem.kv_heads;
  const auto group = static_cast<double>(shared);
  const double weights = std::pow(2.5, live);
  const double of_queries = most * most * (turns + 1) * (2 * turns + 1) / 6;
  const double drift = keys * most * std::pow(1.5, live - 1);
  return 8 * std::sqrt(keys * group * 2.5 * weights * of_queries) < k_most_sum &&
         drift + 8 * std::sqrt(keys * 4 * weights * 1.5) * most < k_most_sum;
}

AttentionProblem with_head_dim(AttentionProblem problem, std::uint64_t head_dim) {
  problem.head_dim = head_dim;
  return problem;
}

}  // namespace

Result<GradientRule> exact_gradients(const AttentionProblem& problem) {
  auto pairs = exact_pairs(problem);
  if (!pairs) {
    return pairs.error();
  }
  const std::uint64_t most_turns = pairs->turns;
  for (const std::uint64_t live : {8U, 4U, 2U}) {
    pairs->live = live;
    for (pairs->turns = most_turns; pairs->turns >= std::min(most_turns, k_least_turns);
         --pairs->turns) {
      if (stays_exact(problem, *pairs)) {
        AttentionRule slopes = *pairs;
        slopes.live = k_live_slopes;
        return GradientRule{.scores = *pairs, .slopes = slopes};
      }
    }
  }
  return Error{Error::Code::unsupported, "no exact operands for the gradients of attention on " +
                                             std::string(name_of(problem.input)) + " over " +
                                             std::to_string(problem.seq) + " keys shared by " +
                                             std::to_string(problem.heads / problem.kv_heads) +
                                             " heads"};
}

GradientPattern::GradientPattern(const AttentionProblem& problem, const GradientRule& rule,
                                 const Seed& seed)
    : rule_(rule),
      scores_(problem, rule.scores, seed),
      slopes_(with_head_dim(problem, problem.value_dim), rule.slopes, seed, k_slope_streams),
      levels_(seed, k_level_stream) {}

}  // namespace assay
