#include "kernels/host/layer_pass.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "kernels/host/gradient_core.h"
#include "kernels/host/layer_lanes.h"
#include "kernels/host/parallel.h"
#include "kernels/host/prefill_core.h"
#include "kernels/host/product.h"
#include "kernels/number_bits.h"

namespace assay {
namespace {

using Pass = AttentionProblem::Pass;

/// The layer's products, in their order.
enum Products : std::size_t {
  qkv,
  attention_out,
  up,
  down,
  gradient_w_2,
  gradient_r,
  gradient_w_1,
  gradient_n2,
  gradient_w_o,
  gradient_a,
  gradient_w_qkv,
  gradient_n1,
  k_products
};

struct ProductShape {
  GemmProblem gemm;
  ProductLayout layout;
};

std::array<ProductShape, k_products> shapes_of(const TransformerProblem& problem) {
  const std::uint64_t tokens = tokens_of(problem);
  const std::uint64_t hidden = problem.hidden;
  const std::uint64_t inner = attention_columns(problem);
  const std::uint64_t columns = qkv_columns(problem);
  const NumberType type = problem.input;
  const auto shape = [type](std::uint64_t m, std::uint64_t n, std::uint64_t k, NumberType output,
                            ProductLayout layout) {
    return ProductShape{
        {.input = type, .accumulate = NumberType::f32, .output = output, .m = m, .n = n, .k = k},
        layout};
  };
  const auto forward = [&](std::uint64_t n, std::uint64_t k) {
    return shape(tokens, n, k, type, {});
  };
  const auto of_input = [&](std::uint64_t n, std::uint64_t k) {
    return shape(tokens, n, k, type, {.a_turned = false, .b_turned = true});
  };
  const auto of_weight = [&](std::uint64_t m, std::uint64_t n) {
    return shape(m, n, tokens, NumberType::f32, {.a_turned = true, .b_turned = false});
  };
  return {
      forward(columns, hidden),       forward(hidden, inner),         forward(problem.ffn, hidden),
      forward(hidden, problem.ffn),   of_weight(problem.ffn, hidden), of_input(problem.ffn, hidden),
      of_weight(hidden, problem.ffn), of_input(hidden, problem.ffn),  of_weight(inner, hidden),
      of_input(inner, hidden),        of_weight(hidden, columns),     of_input(hidden, columns)};
}

/// Stops at the first stage that fails.
class Stages {
 public:
  template <class Stage>
  Stages& then(const Stage& stage) {
    if (result_) {
      result_ = stage();
    }
    return *this;
  }
  [[nodiscard]] const Result<Done>& result() const { return result_; }

 private:
  Result<Done> result_ = Done{};
};

class HostPass final : public LayerPass {
 public:
  explicit HostPass(const TransformerProblem& problem) : problem_(problem), places_(problem) {}

  static Result<std::unique_ptr<LayerPass>> make(const TransformerProblem& problem) {
    auto pass = std::make_unique<HostPass>(problem);
    const auto shapes = shapes_of(problem);
    for (std::size_t i = 0; i < k_products; ++i) {
      auto product = make_dnnl_product(shapes.at(i).gemm, shapes.at(i).layout);
      if (!product) {
        return product.error();
      }
      pass->products_.at(i) = std::move(*product);
    }
    auto attention = make_prefill_core(attention_of(problem, Pass::prefill_forward));
    auto gradients = make_gradient_core(attention_of(problem, Pass::prefill_backward));
    auto scratch = Buffer::of_bytes(scratch_bytes(problem));
    if (!attention || !gradients || !scratch) {
      return !attention ? attention.error() : !gradients ? gradients.error() : scratch.error();
    }
    pass->attention_ = std::move(*attention);
    pass->gradients_ = std::move(*gradients);
    pass->scratch_ = std::move(*scratch);
    return std::unique_ptr<LayerPass>(std::move(pass));
  }

  /// Products by tokens that a slot keeps by heads.
  static std::uint64_t scratch_bytes(const TransformerProblem& problem) {
    return tokens_of(problem) * std::max(qkv_columns(problem), problem.ffn) *
           bytes_of(problem.input);
  }

  [[nodiscard]] Ran ran() const override {
    Ran ran = products_[up]->ran();
    ran.kernel = "layer of " + ran.kernel + ", " + attention_->ran().kernel + ", " +
                 gradients_->ran().kernel;
    return ran;
  }

  Result<Done> run(const LayerViews& operands, std::byte* slot) override {
    const auto forward = forward_of(operands, slot);
    return forward ? backward_of(operands, slot) : forward;
  }

  Result<double> product_rate(const LayerViews& operands) override {
    constexpr std::size_t k_times = 7;
    const GemmProblem gemm = shapes_of(problem_)[up].gemm;
    std::array<double, k_times> seconds{};
    for (double& time : seconds) {
      const auto begun = std::chrono::steady_clock::now();
      if (auto done = multiply(up, operands.x, operands.w_1, scratch_.data()); !done) {
        return done.error();
      }
      time = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    }
    std::nth_element(seconds.begin(), seconds.begin() + k_times / 2, seconds.end());
    const double flops =
        2 * static_cast<double>(gemm.m) * static_cast<double>(gemm.n) * static_cast<double>(gemm.k);
    return flops / std::max(seconds[k_times / 2], 1e-9);
  }

 private:
  Result<Done> multiply(Products which, const std::byte* a, const std::byte* b, std::byte* c) {
    return products_[which]->multiply({.a = {.data = a}, .b = {.data = b}}, c);
  }

  [[nodiscard]] std::byte* at(std::byte* slot, LayerArray array) const {
    return slot + places_.of(array).first_byte;
  }

  [[nodiscard]] LayerRows rows_of(LayerArray array) const {
    const LayerPlace& place = places_.of(array);
    return {.type = place.type, .rows = place.rows, .columns = place.columns};
  }

  /// Heads of a token that has Q, K and V side by side, or those of Q alone.
  [[nodiscard]] HeadsOfTokens heads_of(LayerArray array, std::uint64_t columns) const {
    using enum LayerArray;
    const bool of_queries = array == q || array == o || array == d_o || array == dq;
    const bool of_values = array == v || array == dv;
    const std::uint64_t before =
        of_queries ? 0 : problem_.heads + (of_values ? problem_.kv_heads : 0);
    return {.type = problem_.input,
            .batch = problem_.batch,
            .seq = problem_.seq,
            .heads = of_queries ? problem_.heads : problem_.kv_heads,
            .head_dim = problem_.head_dim,
            .columns = columns,
            .first_column = before * problem_.head_dim};
  }
  void split(const std::byte* tokens, std::byte* slot, LayerArray heads,
             std::uint64_t columns) const {
    to_heads(heads_of(heads, columns), tokens, at(slot, heads));
  }
  void merge(std::byte* slot, LayerArray heads, LayerArray tokens) const {
    to_tokens(heads_of(heads, places_.of(tokens).columns), at(slot, heads), at(slot, tokens));
  }

  Result<Done> forward_of(const LayerViews& operands, std::byte* slot) {
    const auto in = [&](LayerArray array) { return at(slot, array); };
    using enum LayerArray;
    Stages stages;
    normalise(rows_of(n1), operands.x, in(n1));
    stages.then([&] { return multiply(Products::qkv, in(n1), operands.w_qkv, scratch_.data()); })
        .then([&] {
          for (const LayerArray heads : {q, k, v}) {
            split(scratch_.data(), slot, heads, qkv_columns(problem_));
          }
          return attention_->attend_keeping({.q = in(q), .k = in(k), .v = in(v)}, in(o),
                                            floats(in(l)));
        })
        .then([&] {
          merge(slot, o, a);
          return multiply(attention_out, in(a), operands.w_o, in(h));
        })
        .then([&] {
          add_residual(rows_of(h), operands.x, in(h));
          normalise(rows_of(n2), in(h), in(n2));
          return multiply(up, in(n2), operands.w_1, in(r));
        })
        .then([&] {
          rectify(rows_of(r), in(r));
          return multiply(down, in(r), operands.w_2, in(y));
        })
        .then([&]() -> Result<Done> {
          add_residual(rows_of(y), in(h), in(y));
          return Done{};
        });
    return stages.result();
  }

  Result<Done> backward_of(const LayerViews& operands, std::byte* slot) {
    const auto in = [&](LayerArray array) { return at(slot, array); };
    using enum LayerArray;
    Stages stages;
    stages.then([&] { return multiply(gradient_w_2, in(r), operands.dy, in(dw_2)); })
        .then([&] { return multiply(gradient_r, operands.dy, operands.w_2, in(du)); })
        .then([&] {
          rectify_gradient(rows_of(du), in(r), in(du));
          return multiply(gradient_w_1, in(n2), in(du), in(dw_1));
        })
        .then([&] { return multiply(gradient_n2, in(du), operands.w_1, in(dn2)); })
        .then([&] {
          add_norm_gradient(
              rows_of(dh),
              {.x = in(h), .gradient = in(dn2), .residual = operands.dy, .to = in(dh)});
          return multiply(gradient_w_o, in(a), in(dh), in(dw_o));
        })
        .then([&] { return multiply(gradient_a, in(dh), operands.w_o, scratch_.data()); })
        .then([&] {
          split(scratch_.data(), slot, d_o, attention_columns(problem_));
          return gradients_->differentiate(
              {.q = in(q), .k = in(k), .v = in(v), .o = in(o), .d_o = in(d_o), .l = floats(in(l))},
              in(dq));
        })
        .then([&] {
          for (const LayerArray heads : {dq, dk, dv}) {
            merge(slot, heads, dqkv);
          }
          return multiply(gradient_w_qkv, in(n1), in(dqkv), in(dw_qkv));
        })
        .then([&] { return multiply(gradient_n1, in(dqkv), operands.w_qkv, in(dn1)); })
        .then([&]() -> Result<Done> {
          add_norm_gradient(
              rows_of(dx),
              {.x = operands.x, .gradient = in(dn1), .residual = in(dh), .to = in(dx)});
          return Done{};
        });
    return stages.result();
  }

  static float* floats(std::byte* at) { return static_cast<float*>(static_cast<void*>(at)); }

  TransformerProblem problem_;
  LayerPlaces places_;
  std::array<std::unique_ptr<Product>, k_products> products_;
  std::unique_ptr<PrefillCore> attention_;
  std::unique_ptr<GradientCore> gradients_;
  Buffer scratch_;
};

}  // namespace

Result<Done> layer_pass_supported(const TransformerProblem& problem) {
  for (const auto& [gemm, layout] : shapes_of(problem)) {
    if (auto known = dnnl_supported(gemm, layout); !known) {
      return known;
    }
  }
  if (auto known = attention_core_supported(attention_of(problem, Pass::prefill_forward)); !known) {
    return known;
  }
  return gradient_core_supported(attention_of(problem, Pass::prefill_backward));
}

Result<std::unique_ptr<LayerPass>> make_layer_pass(const TransformerProblem& problem) {
  return HostPass::make(problem);
}

Natural layer_pass_bytes(const TransformerProblem& problem) {
  return Natural{HostPass::scratch_bytes(problem)} +
         gradient_core_bytes(attention_of(problem, Pass::prefill_backward));
}

}  // namespace assay
