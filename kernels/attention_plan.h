// Which operands attention computes exactly, in any order and blocks, and what it then is.
//
// Weights are powers of two and every sum is one of whole numbers below 2^24, so what rounds is the
// division at the end alone: a right output is known to the bit, on every device, and its error
// bound is zero. No scaling of the softmax's running maximum, no split of the keys and no order of
// the sums changes a bit; one wrong, missing, repeated or wrongly masked key changes the sums.
//
// The scale is ln(2) / 2: the weight of a key is 2^(x / 2), x = q k. Columns come in pairs. Each
// pair has coprime numbers s and t, and p and r with t p - s r = 1, drawn from the seed. Then
//
//     q = (p a + s f, r a + t f)   k = (t b, -s b)   q k of the pair = a b
//
// with b = 1 or -1 and a = 1 or -1 in `live` pairs of a row, 0 in all others, and any f. So every
// column holds large numbers and every product counts, a type that rounds one of them is far off,
// and yet x lies in -live .. live, in steps of two. The integer weight of a key is
// 2^((x + live) / 2): 2 to the number of live pairs in which a and b agree.
//
// Sums of a row, n keys: those of the weights are at most n 2^live. Those of weights times values
// have the deviation s_v sqrt(n (5/2)^live), since a weight's mean square is ((1 + 4) / 2)^live,
// and stay exact, eight deviations wide (as of products: kernels/exactness.h), while
//
//     64 s_v^2 n (5/2)^live < 2^48,   s_v^2 = (A + 1)(2A + 1) / 6 for values in -A .. -1, 1 .. A
//
// Scores are exact for certain: a sum of at most 192 |q k| is below 2^24, whatever is drawn.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kernels/backend.h"
#include "kernels/keyed.h"
#include "kernels/number_bits.h"

namespace assay {

struct AttentionRule {
  std::uint64_t live = 0;                       ///< Pairs of a row that count: 8, 4 or 2.
  std::uint64_t least_pair = 0, most_pair = 0;  ///< Of s and t.
  std::uint64_t turns = 0;                      ///< f lies in -turns .. turns.
  std::uint64_t values = 0;                     ///< Amplitude of V.
};

/// bf16: s, t and V have 8 bits, more than s8 and FP8 hold. f32: Q and V have up to 12, more than
/// bf16 (8) and TF32 (11) hold. As many pairs live as can be. Fails with unsupported, by name, for
/// other types and where too many keys leave no exact operands.
[[nodiscard]] Result<AttentionRule> exact_attention(const AttentionProblem& problem);

/// The pairs of that type alone: live and values are 0.
[[nodiscard]] Result<AttentionRule> exact_pairs(const AttentionProblem& problem);

/// Fails with bad_input unless heads share in whole groups, and the dimensions are those known.
[[nodiscard]] Result<Done> well_shaped(const AttentionProblem& problem);

/// Of one step: FLOP of a prefill, 2 (head_dim + value_dim) for each pair of query and key that the
/// mask leaves; of its gradients, 2 (3 head_dim + 2 value_dim); bytes of K and V of a decoding
/// step.
[[nodiscard]] Natural work_of_attention(const AttentionProblem& problem);
[[nodiscard]] constexpr Dimension dimension_of_attention(const AttentionProblem& problem) {
  return problem.pass == AttentionProblem::Pass::decode ? Dimension::byte_rate
                                                        : Dimension::flop_rate;
}

/// log2 of what the softmax raises e to, of each unit of q k: so its scale is ln(2) / 2.
inline constexpr double k_score_bits = 0.5;

[[nodiscard]] constexpr std::uint64_t queries_of(const AttentionProblem& problem) {
  return problem.pass == AttentionProblem::Pass::decode ? 1 : problem.seq;
}
/// Rows of Q and O.
[[nodiscard]] constexpr std::uint64_t query_rows(const AttentionProblem& problem) {
  return problem.batch * problem.heads * queries_of(problem);
}
/// Rows of K and V.
[[nodiscard]] constexpr std::uint64_t key_rows(const AttentionProblem& problem) {
  return problem.batch * problem.kv_heads * problem.seq;
}

/// The rows of K and V that a row of Q sees.
struct SeenKeys {
  std::uint64_t first = 0, count = 0;
};
[[nodiscard]] constexpr SeenKeys seen_by(const AttentionProblem& problem, std::uint64_t query_row) {
  const std::uint64_t queries = queries_of(problem);
  const std::uint64_t head = query_row / queries;
  const std::uint64_t kv_head = head / (problem.heads / problem.kv_heads);
  return {.first = kv_head * problem.seq,
          .count = problem.causal ? query_row % queries + 1 : problem.seq};
}

/// Tuples are windows: Q begins some blocks of pairs further on (a block holds one live pair), so
/// that its pairs meet others of K, and V some rows further down, so that no two tuples weigh the
/// same values.
struct AttentionTuple {
  std::uint64_t query_blocks = 0, value_rows = 0;
};
inline constexpr std::uint64_t k_attention_tuples = 4096;
inline constexpr std::uint64_t k_query_rows_slack = 64;
[[nodiscard]] constexpr AttentionTuple attention_tuple(const AttentionRule& rule,
                                                       std::uint64_t tuple) {
  return {.query_blocks = tuple % (k_query_rows_slack * rule.live), .value_rows = tuple};
}

/// What stands in Q, K and V: functions of seed and index, the same on hosts and devices.
class AttentionPattern {
 public:
  struct Pair {
    std::int64_t first = 0, second = 0;
  };
  /// Of a block of pairs of Q: which of them is live, and whether its a is -1.
  struct LivePair {
    std::uint64_t place = 0;
    bool negative = false;
  };

  /// Patterns with different `streams`, below 0x20, have nothing to do with each other.
  AttentionPattern(const AttentionProblem& problem, const AttentionRule& rule, const Seed& seed,
                   std::uint64_t streams = 0);

  [[nodiscard]] constexpr std::uint64_t pairs() const {
    return rule_.live * in_block_;
  }  ///< Of a row.
  [[nodiscard]] constexpr std::uint64_t pairs_in_block() const { return in_block_; }
  [[nodiscard]] constexpr const AttentionRule& rule() const { return rule_; }

  /// Indices count pairs from the beginning of Q or K, elements from that of V.
  [[nodiscard]] constexpr Pair query_pair(std::uint64_t index) const {
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
  [[nodiscard]] constexpr Pair key_pair(std::uint64_t index) const {
    const auto& [s, t, p, r] = bases_[index % in_block_];
    const std::int64_t b = (key_signs(index) >> (index % 64) & 1U) != 0 ? -1 : 1;
    return {.first = t * b, .second = -s * b};
  }
  /// Bit index % 64 is set where b is -1.
  [[nodiscard]] constexpr std::uint64_t key_signs(std::uint64_t index) const {
    return key_(index / 64);
  }
  [[nodiscard]] constexpr LivePair live_pair(std::uint64_t block) const {
    return {.place = live_.below(2 * block, in_block_),
            .negative = (live_(2 * block + 1) & 1U) != 0};
  }
  [[nodiscard]] constexpr std::int64_t value(std::uint64_t index) const {
    return value_.nonzero(index, rule_.values);
  }

 private:
  struct Basis {
    std::int64_t s = 0, t = 0, p = 0, r = 0;
  };
  static constexpr std::uint64_t k_most_in_block = 48;  // Of 192 columns, 2 live pairs a row.

  AttentionRule rule_;
  std::uint64_t in_block_ = 0;
  // Of the pairs of a block; equal in all blocks. No vector, so that a kernel takes it by value.
  std::array<Basis, k_most_in_block> bases_{};
  Keyed query_, live_, key_, value_;
};

/// The bits of weighted / weights, rounded to f32 and then to the type: what is expected in O. Both
/// are whole and below 2^24 (in f64 the quotient rounds as if once: 53 >= 2 x 24 + 2).
[[nodiscard]] constexpr std::uint64_t attention_bits(NumberType type, std::int64_t weighted,
                                                     std::uint64_t weights) {
  const double quotient = static_cast<double>(weighted) / static_cast<double>(weights);
  return rounded_bits(type, static_cast<double>(static_cast<float>(quotient)));
}

/// Rows of what a step computes: of O, or of dQ, dK and dV one after the other.
[[nodiscard]] constexpr std::uint64_t output_rows(const AttentionProblem& problem) {
  const bool back = problem.pass == AttentionProblem::Pass::prefill_backward;
  return query_rows(problem) + (back ? 2 * key_rows(problem) : 0);
}

/// The rows that are looked at in step `index` under this challenge: one in 512, from 1 to 32; of
/// the three gradients in turn, one of each at least.
[[nodiscard]] std::vector<std::uint64_t> draw_attention_rows(const Seed& challenge,
                                                             const AttentionProblem& problem,
                                                             std::uint32_t index);

}  // namespace assay
