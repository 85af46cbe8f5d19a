#include "kernels/transformer_plan.h"

#include "kernels/number_bits.h"

namespace assay {
namespace {

constexpr std::uint64_t k_line = 64;          // Bytes.
constexpr std::uint64_t k_rows_behind = 256;  // What the cores of attention may read.

constexpr std::array<std::string_view, k_layer_arrays> k_names{
    "n1",  "q",   "k",  "v",   "o",  "l",  "a",  "h",  "n2",   "r",     "y",   "dW2", "du",
    "dW1", "dn2", "dh", "dWo", "do", "dq", "dk", "dv", "dqkv", "dWqkv", "dn1", "dx"};

struct Sizes {
  std::uint64_t rows = 0, columns = 0, rows_behind = 0;
};

bool is_of_weights(LayerArray array) {
  using enum LayerArray;
  return array == dw_qkv || array == dw_o || array == dw_1 || array == dw_2;
}

Sizes sizes_of(const TransformerProblem& problem, LayerArray array) {
  const std::uint64_t tokens = tokens_of(problem);
  const std::uint64_t qkv = qkv_columns(problem);
  const std::uint64_t inner = attention_columns(problem);
  using enum LayerArray;
  switch (array) {
    case q:
    case o:
    case d_o: return {tokens * problem.heads, problem.head_dim, k_rows_behind};
    case k:
    case v: return {tokens * problem.kv_heads, problem.head_dim, k_rows_behind};
    case l: return {tokens * problem.heads, 1, k_rows_behind};
    case dq: return {tokens * problem.heads, problem.head_dim, 0};
    case dk:
    case dv: return {tokens * problem.kv_heads, problem.head_dim, 0};
    case a: return {tokens, inner, 0};
    case r:
    case du: return {tokens, problem.ffn, 0};
    case dqkv: return {tokens, qkv, 0};
    case dw_qkv: return {problem.hidden, qkv, 0};
    case dw_o: return {inner, problem.hidden, 0};
    case dw_1: return {problem.hidden, problem.ffn, 0};
    case dw_2: return {problem.ffn, problem.hidden, 0};
    case n1:
    case h:
    case n2:
    case y:
    case dn2:
    case dh:
    case dn1:
    case dx: return {tokens, problem.hidden, 0};
  }
  return {};
}

/// What attention's gradients are written to is one piece.
bool follows_at_once(LayerArray array) {
  return array == LayerArray::dk || array == LayerArray::dv;
}

}  // namespace

std::string_view name_of(LayerArray array) {
  return k_names.at(static_cast<std::size_t>(array));
}

LayerPlaces::LayerPlaces(const TransformerProblem& problem) {
  const auto line_up = [this] { bytes_ = (bytes_ + k_line - 1) / k_line * k_line; };
  const auto place = [&](std::size_t i) {
    const auto array = static_cast<LayerArray>(i);
    const Sizes sizes = sizes_of(problem, array);
    const bool is_wide = is_of_weights(array) || array == LayerArray::l;
    if (!follows_at_once(array) && !is_of_weights(array)) {
      line_up();
    }
    places_.at(i) = {.type = is_wide ? NumberType::f32 : problem.input,
                     .rows = sizes.rows,
                     .columns = sizes.columns,
                     .first_byte = static_cast<std::uint64_t>(bytes_),
                     .first_element = 0};
    bytes_ +=
        Natural{sizes.rows + sizes.rows_behind} * sizes.columns * bytes_of(places_.at(i).type);
  };
  for (std::size_t i = 0; i < k_layer_arrays; ++i) {
    if (!is_of_weights(static_cast<LayerArray>(i))) {
      place(i);
    }
  }
  line_up();
  weights_byte_ = static_cast<std::uint64_t>(bytes_);
  for (std::size_t i = 0; i < k_layer_arrays; ++i) {
    if (is_of_weights(static_cast<LayerArray>(i))) {
      place(i);
    }
  }
  for (LayerPlace& known : places_) {
    known.first_element = elements_;
    elements_ += known.elements();
  }
}

AttentionProblem attention_of(const TransformerProblem& problem, AttentionProblem::Pass pass) {
  return {.pass = pass,
          .causal = true,
          .input = problem.input,
          .output = problem.input,
          .batch = problem.batch,
          .heads = problem.heads,
          .kv_heads = problem.kv_heads,
          .seq = problem.seq,
          .head_dim = problem.head_dim,
          .value_dim = problem.head_dim};
}

}  // namespace assay
