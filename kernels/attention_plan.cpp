#include "kernels/attention_plan.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>

#include "kernels/number_bits.h"

namespace assay {
namespace {

constexpr std::uint64_t k_pair_stream = 0x400, k_query_stream = 0x401, k_live_stream = 0x402,
                        k_key_stream = 0x403, k_value_stream = 0x404, k_row_stream = 0x405;
constexpr std::uint64_t k_most_weights = std::uint64_t{1} << 24U;
constexpr std::uint64_t k_rows_for_one = 512;
constexpr std::uint64_t k_most_rows = 32;

struct TypeRule {
  std::uint64_t least_pair = 0, most_pair = 0, turns = 0, least_values = 0, most_values = 0;
};

/// Whether 64 s_v^2 n (5/2)^live < 2^48 with 6 s_v^2 = (A + 1)(2A + 1).
bool stays_exact(std::uint64_t amplitude, std::uint64_t keys, std::uint64_t live) {
  Natural left = Natural{64} * (amplitude + 1) * (2 * amplitude + 1) * keys;
  for (std::uint64_t i = 0; i < live; ++i) {
    left *= 5;
  }
  return left < (Natural{6} << (48U + live)) && (Natural{keys} << live) < k_most_weights;
}

}  // namespace

Result<AttentionRule> exact_attention(const AttentionProblem& problem) {
  const bool narrow = problem.input == NumberType::bf16;
  if (problem.input != problem.output || (!narrow && problem.input != NumberType::f32)) {
    return Error{Error::Code::unsupported,
                 "no exact attention on " + std::string(name_of(problem.input)) +
                     " with output in " + std::string(name_of(problem.output)) + " is known"};
  }
  const TypeRule type = narrow ? TypeRule{129, 255, 1, 129, 255}
                               : TypeRule{9, 15, 250, (1U << 11U) + 1, (1U << 12U) - 1};
  for (const std::uint64_t live : {8U, 4U, 2U}) {
    for (std::uint64_t amplitude = type.most_values; amplitude >= type.least_values; --amplitude) {
      if (stays_exact(amplitude, problem.seq, live)) {
        return AttentionRule{.live = live,
                             .least_pair = type.least_pair,
                             .most_pair = type.most_pair,
                             .turns = type.turns,
                             .values = amplitude};
      }
    }
  }
  return Error{Error::Code::unsupported, "no exact operands for attention on " +
                                             std::string(name_of(problem.input)) + " over " +
                                             std::to_string(problem.seq) + " keys"};
}

AttentionPattern::AttentionPattern(const AttentionProblem& problem, const AttentionRule& rule,
                                   const Seed& seed)
    : rule_(rule),
      in_block_(problem.head_dim / 2 / rule.live),
      query_(seed, k_query_stream),
      live_(seed, k_live_stream),
      key_(seed, k_key_stream),
      value_(seed, k_value_stream) {
  const Keyed draw(seed, k_pair_stream);
  const std::uint64_t range = rule.most_pair - rule.least_pair + 1;
  for (std::uint64_t i = 0; bases_.size() < in_block_; i += 2) {
    Basis basis{.s = static_cast<std::int64_t>(rule.least_pair + draw.below(i, range)),
                .t = static_cast<std::int64_t>(rule.least_pair + draw.below(i + 1, range))};
    if (std::gcd(basis.s, basis.t) != 1) {
      continue;
    }
    while (basis.t * basis.p % basis.s != 1) {
      ++basis.p;
    }
    basis.r = (basis.t * basis.p - 1) / basis.s;
    bases_.push_back(basis);
  }
}

AttentionPattern::LivePair AttentionPattern::live_pair(std::uint64_t block) const {
  return {.place = live_.below(2 * block, in_block_), .negative = (live_(2 * block + 1) & 1U) != 0};
}

AttentionPattern::Pair AttentionPattern::query_pair(std::uint64_t index) const {
  const std::uint64_t place = index % in_block_;
  const LivePair live = live_pair(index / in_block_);
  const auto& [s, t, p, r] = bases_[place];
  if (place != live.place) {
    const std::int64_t f = query_.nonzero(index, rule_.turns);
    return {.first = s * f, .second = t * f};
  }
  // From -turns to turns - 1: with a = 1 no number is beyond turns x s or turns x t.
  const auto f = static_cast<std::int64_t>(query_.below(index, 2 * rule_.turns)) -
                 static_cast<std::int64_t>(rule_.turns);
  const std::int64_t a = live.negative ? -1 : 1;
  return {.first = a * (p + s * f), .second = a * (r + t * f)};
}

AttentionPattern::Pair AttentionPattern::key_pair(std::uint64_t index) const {
  const auto& [s, t, p, r] = bases_[index % in_block_];
  const std::int64_t b = (key_signs(index) >> (index % 64) & 1U) != 0 ? -1 : 1;
  return {.first = t * b, .second = -s * b};
}

std::int64_t AttentionPattern::value(std::uint64_t index) const {
  return value_.nonzero(index, rule_.values);
}

std::uint64_t attention_bits(NumberType type, std::int64_t weighted, std::uint64_t weights) {
  const double quotient = static_cast<double>(weighted) / static_cast<double>(weights);
  return rounded_bits(type, static_cast<double>(static_cast<float>(quotient)));
}

std::vector<std::uint64_t> draw_attention_rows(const Seed& challenge,
                                               const AttentionProblem& problem,
                                               std::uint32_t index) {
  const std::uint64_t rows = query_rows(problem);
  const Keyed draw(challenge, k_row_stream + index);
  std::vector<std::uint64_t> drawn(
      std::clamp<std::uint64_t>(rows / k_rows_for_one, 1, k_most_rows));
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    drawn[i] = draw.below(i, rows);
  }
  return drawn;
}

}  // namespace assay
