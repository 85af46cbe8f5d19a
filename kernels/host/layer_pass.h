// A decoder layer's step on the host: the products of compute.gemm's libraries and the cores of
// compute.attention, in the order of kernels/transformer_plan.h.
#pragma once

#include <memory>

#include "kernels/host/layer_operands.h"
#include "kernels/transformer_plan.h"

namespace assay {

class LayerPass {
 public:
  LayerPass() = default;
  LayerPass(const LayerPass&) = delete;
  LayerPass& operator=(const LayerPass&) = delete;
  virtual ~LayerPass() = default;

  [[nodiscard]] virtual Ran ran() const = 0;

  /// Computes everything that LayerPlaces names into a slot that begins on a line of 64 bytes.
  /// Fails with device if a library says it could not.
  virtual Result<Done> run(const LayerViews& operands, std::byte* slot) = 0;

  /// FLOP/s of the layer's largest product alone, tokens x ffn over hidden: the median of several.
  virtual Result<double> product_rate(const LayerViews& operands) = 0;
};

/// Fails with unsupported, naming type, library and instruction set, if this machine has none.
[[nodiscard]] Result<std::unique_ptr<LayerPass>> make_layer_pass(const TransformerProblem& problem);
[[nodiscard]] Result<Done> layer_pass_supported(const TransformerProblem& problem);

/// What it takes besides operands and slots.
[[nodiscard]] Natural layer_pass_bytes(const TransformerProblem& problem);

}  // namespace assay
