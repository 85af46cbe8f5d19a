// Which operands attention's backward pass computes exactly, and what its gradients then are.
//
// The backward pass turns Q, K, V, O, dO and L, the logarithms of the sums of each query's weights,
// into dQ, dK and dV (FlashAttention-2, arXiv 2307.08691, algorithm 2; here in powers of two):
//
//     P = 2^(Q K^T / 2 - L)   dP = dO V^T   D = rowsum(dO O)   dS = P (dP - D)
//     dV = P^T dO             dQ = scale dS K                  dK = scale dS^T Q
//
// It never looks where O and L are from, and so they are drawn like the rest: Q and K as for the
// forward pass (kernels/attention_plan.h), with `live` pairs; dO like Q, and V and O like K, with 2
// live pairs, so that dP and D lie in -2 .. 2, both even; and L is live / 2 or one more. Then P is
// w 2^-(live + 1) with a power of two w, dP - D is 2 e with a whole e in -2 .. 2, and dS is
// w e 2^-live: all exact in bf16 as well. What rounds is the multiplication by the scale, in f32,
// and the type of what is stored: gradients are known to the bit, and the error bound is zero.
//
// Sums over n keys or queries stay whole and below 2^24, eight deviations wide. With A the largest
// element of K, q^2 the mean square of Q and dO, and 5/2 that of 2 to the power of whether a live
// pair agrees, and of w / 2^agreeing:
//
//     dV, dK, over n = seq queries of each head of the group:  64 n (5/2)^(live + 1) q^2 < 2^48
//     dQ, over n = seq keys:  n A (3/2)^(live - 1) + 8 A sqrt(n 4 (5/2)^live 3/2) < 2^24
//
// (e has the mean square 1 over queries, and at most 3/2 over the keys of one query, whose w may be
// twice that of others; the first term: where D is not 0, a live column of K agrees with the
// weights).
//
// In f32 the elements of Q and dO have 12 bits, and those of K, V and O 4: a product of dS and K
// alone that is computed in bf16 or TF32 would be right too, and is the only one.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/attention_plan.h"

namespace assay {

struct GradientRule {
  AttentionRule scores;  ///< Of Q and K.
  AttentionRule slopes;  ///< Of dO, V and O; over value_dim.
};

/// Fails with unsupported, by name, as exact_attention does.
[[nodiscard]] Result<GradientRule> exact_gradients(const AttentionProblem& problem);

/// Tuples are windows: Q and dO begin some blocks of pairs further on, no two tuples as many both,
/// and V some rows further down.
struct GradientTuple {
  std::uint64_t query_blocks = 0, slope_blocks = 0, value_rows = 0;
};
[[nodiscard]] constexpr GradientTuple gradient_tuple(const GradientRule& rule,
                                                     std::uint64_t tuple) {
  const std::uint64_t blocks = k_query_rows_slack * rule.slopes.live;
  return {.query_blocks = tuple % (k_query_rows_slack * rule.scores.live),
          .slope_blocks = (tuple + tuple / blocks) % blocks,
          .value_rows = tuple};
}

/// What stands in the operands: functions of seed and index.
class GradientPattern {
 public:
  GradientPattern(const AttentionProblem& problem, const GradientRule& rule, const Seed& seed);

  [[nodiscard]] constexpr const GradientRule& rule() const { return rule_; }
  [[nodiscard]] constexpr const AttentionPattern& scores() const { return scores_; }  ///< Q and K.
  [[nodiscard]] constexpr const AttentionPattern& slopes() const { return slopes_; }  ///< dO and V.

  /// Where O begins, in pairs of slopes().key_pair.
  static constexpr std::uint64_t k_first_of_o = std::uint64_t{1} << 40U;

  /// Whether L of a row of Q is live / 2 + 1.
  [[nodiscard]] constexpr bool lowered(std::uint64_t row) const { return (levels_(row) & 1U) != 0; }

  /// Live pairs in which the row's dO and O agree: D is twice that, less 2.
  [[nodiscard]] constexpr std::uint64_t agreeing_with_o(const GradientTuple& place,
                                                        std::uint64_t row) const {
    const std::uint64_t live = rule_.slopes.live;
    std::uint64_t agreeing = 0;
    for (std::uint64_t block = 0; block < live; ++block) {
      const auto at = slopes_.live_pair(place.slope_blocks + row * live + block);
      const std::uint64_t pair =
          k_first_of_o + row * slopes_.pairs() + block * slopes_.pairs_in_block() + at.place;
      const bool negative = (slopes_.key_signs(pair) >> (pair % 64) & 1U) != 0;
      agreeing += negative == at.negative ? 1 : 0;
    }
    return agreeing;
  }

 private:
  GradientRule rule_;
  AttentionPattern scores_, slopes_;
  Keyed levels_;
};

/// e to the power of scaled scores: ln(2) / 2 as the last factor of dQ and dK, in f32.
inline constexpr float k_gradient_scale = static_cast<float>(0.34657359027997264);

enum class Gradient { of_q, of_k, of_v };

/// The bits of a gradient whose sum of w e (of w, of dV) times operands is `sum`.
[[nodiscard]] constexpr std::uint64_t gradient_bits(NumberType type, Gradient gradient,
                                                    std::uint64_t live, std::int64_t sum) {
  const bool of_v = gradient == Gradient::of_v;
  const std::uint64_t parts = std::uint64_t{1} << (live + (of_v ? 1U : 0U));
  const double exact = static_cast<double>(sum) / static_cast<double>(parts);
  const double scaled = of_v ? exact : exact * static_cast<double>(k_gradient_scale);
  return rounded_bits(type, static_cast<double>(static_cast<float>(scaled)));
}

/// Where the three lie in a slot: dQ, dK, dV, dense, as Q, K and V. In elements.
struct GradientPlaces {
  std::uint64_t dk = 0, dv = 0, all = 0;
};
[[nodiscard]] constexpr GradientPlaces gradient_places(const AttentionProblem& problem) {
  const std::uint64_t dk = query_rows(problem) * problem.head_dim;
  const std::uint64_t dv = dk + key_rows(problem) * problem.head_dim;
  return {.dk = dk, .dv = dv, .all = dv + key_rows(problem) * problem.value_dim};
}

}  // namespace assay
