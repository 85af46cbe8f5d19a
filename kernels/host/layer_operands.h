// What a decoder layer's step starts from: the weights, and thousands of micro-batches.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/host/buffer.h"
#include "kernels/transformer_plan.h"

namespace assay {

/// Where the operands of one tuple begin: dense, row-major, of the problem's input type.
struct LayerViews {
  const std::byte* x = nullptr;      ///< tokens x hidden
  const std::byte* dy = nullptr;     ///< tokens x hidden
  const std::byte* w_qkv = nullptr;  ///< hidden x (heads + 2 kv_heads) head_dim: of Q, K, V
  const std::byte* w_o = nullptr;    ///< heads head_dim x hidden
  const std::byte* w_1 = nullptr;    ///< hidden x ffn
  const std::byte* w_2 = nullptr;    ///< ffn x hidden
};

/// All are whole numbers times a power of two, uniform on -A .. -1, 1 .. A, and no narrower type
/// holds them: A is 255 in bf16, 2^20 in f32. Weights are scaled so that every stage's outputs have
/// a deviation of 0.4 to 0.9 of what it reads. Weights are the same on all ranks, tokens are not.
class LayerOperands {
 public:
  [[nodiscard]] static Natural bytes_needed(const TransformerProblem& problem);
  [[nodiscard]] static Result<LayerOperands> generate(const TransformerProblem& problem,
                                                      std::uint32_t rank, const Seed& seed);

  /// Precondition: tuple < k_layer_tuples.
  [[nodiscard]] LayerViews tuple(std::uint64_t tuple) const;

 private:
  std::uint64_t row_bytes_ = 0;
  Buffer x_, dy_, w_qkv_, w_o_, w_1_, w_2_;
};

}  // namespace assay
