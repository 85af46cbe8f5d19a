// One decoder layer and its gradients, stage by stage: what each stage computes from what, where it
// stands in a slot, and how many FLOPs of it are the model's.
//
// The layer is the plainest that is recognised as one (docs/decisions/0012-transformer-step.md):
// RMSNorm without gains, attention with shared keys and values, causal; RMSNorm, an MLP with ReLU.
// No biases, no positions, no dropout. Tokens are rows; norm(x) = x / sqrt(mean(x^2) + 2^-17).
//
//     n1 = norm(x)                 q, k, v = n1 Wqkv, by heads   (o, l) = attention(q, k, v)
//     a  = o, by tokens            h = x + a Wo                  n2 = norm(h)
//     r  = max(n2 W1, 0)           y = h + r W2
//
// and from dy, the gradient of y, with f' of a norm as its Jacobian times the gradient:
//
//     dW2 = r^T dy                 du = dy W2^T where r > 0      dW1 = n2^T du    dn2 = du W1^T
//     dh  = dy + norm'(h) dn2      dWo = a^T dh                  do = dh Wo^T, by heads
//     dq, dk, dv = attention'(q, k, v, o, do, l)                 dqkv = these, by tokens
//     dWqkv = n1^T dqkv            dn1 = dqkv Wqkv^T             dx = dh + norm'(x) dn1
//
// Attention is kernels/attention_plan.h's: its scale is ln(2) / 2, so that 1 / sqrt(head_dim) is a
// matter of Wqkv, and l holds the logarithms, base 2, of the sums of the weights.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernels/attention_plan.h"
#include "kernels/backend.h"

namespace assay {

/// What a slot holds, in the order in which it is computed; dw_* are gradients of weights.
enum class LayerArray : std::uint8_t {
  n1,
  q,
  k,
  v,
  o,
  l,
  a,
  h,
  n2,
  r,
  y,
  dw_2,
  du,
  dw_1,
  dn2,
  dh,
  dw_o,
  d_o,
  dq,
  dk,
  dv,
  dqkv,
  dw_qkv,
  dn1,
  dx
};
inline constexpr std::size_t k_layer_arrays = 25;
[[nodiscard]] std::string_view name_of(LayerArray array);

/// Under the root of a norm.
inline constexpr double k_norm_epsilon = 0x1p-17;

/// Dense, row-major. By heads: batch x heads x seq rows of head_dim columns.
struct LayerPlace {
  NumberType type = NumberType::f32;
  std::uint64_t rows = 0, columns = 0;
  std::uint64_t first_byte = 0;     ///< Of the slot; a whole number of 64.
  std::uint64_t first_element = 0;  ///< Of all that the slot holds, in the order of LayerArray.
  [[nodiscard]] std::uint64_t elements() const { return rows * columns; }
};

/// Where everything stands in a slot. Behind the last row of what attention reads are 256 more.
/// Gradients of weights stand one after the other, without gaps: they are summed over the ranks at
/// once. Of a layer of more than 2^64 bytes only bytes() is right.
class LayerPlaces {
 public:
  explicit LayerPlaces(const TransformerProblem& problem);

  [[nodiscard]] const LayerPlace& of(LayerArray array) const {
    return places_[static_cast<std::size_t>(array)];
  }
  [[nodiscard]] Natural bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t elements() const { return elements_; }
  /// Gradients of weights: of f32, as many as the layer has weights.
  [[nodiscard]] std::uint64_t weights_byte() const { return weights_byte_; }

 private:
  std::array<LayerPlace, k_layer_arrays> places_;
  Natural bytes_ = 0;
  std::uint64_t elements_ = 0, weights_byte_ = 0;
};

/// The longest sums of a layer that can be verified. One of k terms may be off by k 2^-24 of the
/// norms of its row and column, and is itself about 1 / sqrt(k) of them where its terms have no
/// sign in common. Of 2^15 terms the bound is 0.35 of that, so whoever leaves out one term in a
/// hundred is seen among ten thousand elements; beyond 2^16 a whole product could be left out.
inline constexpr std::uint64_t k_most_summed = std::uint64_t{1} << 15U;

[[nodiscard]] constexpr std::uint64_t tokens_of(const TransformerProblem& problem) {
  return problem.batch * problem.seq;
}
/// Columns of Wqkv.
[[nodiscard]] constexpr std::uint64_t qkv_columns(const TransformerProblem& problem) {
  return (problem.heads + 2 * problem.kv_heads) * problem.head_dim;
}
/// Columns of a.
[[nodiscard]] constexpr std::uint64_t attention_columns(const TransformerProblem& problem) {
  return problem.heads * problem.head_dim;
}
/// Terms of the longest sum of any stage.
[[nodiscard]] constexpr std::uint64_t longest_sum(const TransformerProblem& problem) {
  return std::max({tokens_of(problem), problem.hidden, problem.ffn, qkv_columns(problem),
                   problem.seq * (problem.heads / problem.kv_heads)});
}
/// Weights of the layer: hidden (heads + 2 kv_heads) head_dim + heads head_dim hidden + 2 hidden
/// ffn.
[[nodiscard]] constexpr Natural weights_of(const TransformerProblem& problem) {
  return Natural{problem.hidden} *
         (Natural{qkv_columns(problem)} + attention_columns(problem) + 2 * Natural{problem.ffn});
}
/// FLOPs of one step on all ranks that are the model's: 6 for each weight and token (2 forward, 2
/// for the gradient of what comes in, 2 for that of the weight), and attention's as
/// compute.attention counts them, 4 forward and 10 backward for each pair of query and key that the
/// mask leaves, head and column.
[[nodiscard]] constexpr Natural model_flops(const TransformerProblem& problem) {
  const Natural pairs = Natural{problem.seq} * (Natural{problem.seq} + 1) / 2;
  const Natural attention = 14 * Natural{problem.batch} * problem.heads * pairs * problem.head_dim;
  return Natural{problem.ranks} * (6 * weights_of(problem) * tokens_of(problem) + attention);
}

/// Model FLOPs of one rank's step up to which it is compared as a whole where it is drawn for that,
/// about a second or two on one core; larger ones are compared in a sample, or their checks would
/// take many times as long as what they check.
inline constexpr Natural k_most_whole_flops = Natural{1} << 34U;
/// Of one rank.
[[nodiscard]] constexpr Natural flops_of_rank(const TransformerProblem& problem) {
  return model_flops(problem) / problem.ranks;
}

[[nodiscard]] AttentionProblem attention_of(const TransformerProblem& problem,
                                            AttentionProblem::Pass pass);

/// Tuples are windows: x and dy begin some tokens further on.
inline constexpr std::uint64_t k_layer_windows = 64;
inline constexpr std::uint64_t k_layer_tuples = k_layer_windows * k_layer_windows;
[[nodiscard]] constexpr std::uint64_t window_of_x(std::uint64_t tuple) {
  return tuple % k_layer_windows;
}
[[nodiscard]] constexpr std::uint64_t window_of_dy(std::uint64_t tuple) {
  return tuple / k_layer_windows;
}

}  // namespace assay
