#include "kernels/attention_plan.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <numeric>
#include <string>

namespace assay {
namespace {

constexpr std::uint64_t k_pair_stream = 0x400, k_query_stream = 0x401, k_live_stream = 0x402,
                        k_key_stream = 0x403, k_value_stream = 0x404, k_row_stream = 0x405;
constexpr std::uint64_t k_most_weights = std::uint64_t{1} << 24U;
constexpr std::uint64_t k_rows_for_one = 512;
constexpr std::uint64_t k_most_rows = 32;

/// Whether 64 s_v^2 n (5/2)^live < 2^48 with 6 s_v^2 = (A + 1)(2A + 1).
bool stays_exact(std::uint64_t amplitude, std::uint64_t keys, std::uint64_t live) {
  Natural left = Natural{64} * (amplitude + 1) * (2 * amplitude + 1) * keys;
  for (std::uint64_t i = 0; i < live; ++i) {
    left *= 5;
  }
  return left < (Natural{6} << (48U + live)) && (Natural{keys} << live) < k_most_weights;
}

}  // namespace

Result<AttentionRule> exact_pairs(const AttentionProblem& problem) {
  const bool narrow = problem.input == NumberType::bf16;
  if (problem.input != problem.output || (!narrow && problem.input != NumberType::f32)) {
    return Error{Error::Code::unsupported,
                 "no exact attention on " + std::string(name_of(problem.input)) +
                     " with output in " + std::string(name_of(problem.output)) + " is known"};
  }
  return narrow ? AttentionRule{.least_pair = 129, .most_pair = 255, .turns = 1}
                : AttentionRule{.least_pair = 9, .most_pair = 15, .turns = 250};
}

Result<AttentionRule> exact_attention(const AttentionProblem& problem) {
  auto rule = exact_pairs(problem);
  if (!rule) {
    return rule;
  }
  const bool narrow = problem.input == NumberType::bf16;
  const std::uint64_t least = narrow ? 129 : (1U << 11U) + 1;
  const std::uint64_t most = narrow ? 255 : (1U << 12U) - 1;
  for (const std::uint64_t live : {8U, 4U, 2U}) {
    for (std::uint64_t amplitude = most; amplitude >= least; --amplitude) {
      if (stays_exact(amplitude, problem.seq, live)) {
        rule->live = live;
        rule->values = amplitude;
        return rule;
      }
    }
  }
  return Error{Error::Code::unsupported, "no exact operands for attention on " +
                                             std::string(name_of(problem.input)) + " over " +
                                             std::to_string(problem.seq) + " keys"};
}

Result<Done> well_shaped(const AttentionProblem& problem) {
  const bool dims = (problem.head_dim == 64 && problem.value_dim == 64) ||
                    (problem.head_dim == 128 && problem.value_dim == 128) ||
                    (problem.head_dim == 192 && problem.value_dim == 128);
  if (!dims || problem.batch == 0 || problem.kv_heads == 0 || problem.heads == 0 ||
      problem.heads % problem.kv_heads != 0 || problem.seq == 0) {
    return Error{Error::Code::bad_input,
                 "attention needs heads in whole groups and dimensions 64 and 64, 128 and 128, or "
                 "192 and 128"};
  }
  return Done{};
}

Natural work_of_attention(const AttentionProblem& problem) {
  using enum AttentionProblem::Pass;
  const Natural columns = Natural{problem.head_dim} + problem.value_dim;
  if (problem.pass == decode) {
    return columns * key_rows(problem) * bytes_of(problem.input);
  }
  const Natural seq = problem.seq;
  const Natural pairs = problem.causal ? seq * (seq + 1) / 2 : seq * seq;
  const Natural products =
      problem.pass == prefill_backward ? 2 * columns + problem.head_dim : columns;
  return 2 * products * problem.batch * problem.heads * pairs;
}

AttentionPattern::AttentionPattern(const AttentionProblem& problem, const AttentionRule& rule,
                                   const Seed& seed, std::uint64_t streams)
    : rule_(rule),
      in_block_(problem.head_dim / 2 / rule.live),
      query_(seed, streams + k_query_stream),
      live_(seed, streams + k_live_stream),
      key_(seed, streams + k_key_stream),
      value_(seed, streams + k_value_stream) {
  const Keyed draw(seed, streams + k_pair_stream);
  const std::uint64_t range = rule.most_pair - rule.least_pair + 1;
  assert(in_block_ <= bases_.size());
  std::uint64_t made = 0;
  for (std::uint64_t i = 0; made < in_block_; i += 2) {
    Basis basis{.s = static_cast<std::int64_t>(rule.least_pair + draw.below(i, range)),
                .t = static_cast<std::int64_t>(rule.least_pair + draw.below(i + 1, range))};
    if (std::gcd(basis.s, basis.t) != 1) {
      continue;
    }
    while (basis.t * basis.p % basis.s != 1) {
      ++basis.p;
    }
    basis.r = (basis.t * basis.p - 1) / basis.s;
    bases_.at(made++) = basis;
  }
}

std::vector<std::uint64_t> draw_attention_rows(const Seed& challenge,
                                               const AttentionProblem& problem,
                                               std::uint32_t index) {
  const Keyed draw(challenge, k_row_stream + index);
  const std::uint64_t queries = query_rows(problem);
  const std::uint64_t rows = output_rows(problem);
  const bool back = rows > queries;
  const std::uint64_t count =
      std::clamp<std::uint64_t>(rows / k_rows_for_one, back ? 3 : 1, k_most_rows);
  std::vector<std::uint64_t> drawn(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t keys = key_rows(problem);
    const std::uint64_t part = back ? i % 3 : 0;
    drawn[i] =
        part == 0 ? draw.below(i, queries) : queries + (part - 1) * keys + draw.below(i, keys);
  }
  return drawn;
}

}  // namespace assay
