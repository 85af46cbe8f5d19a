// Attention's backward pass on the host: blocks of keys against blocks of queries, the scores of
// one block at a time, computed again (FlashAttention-2, arXiv 2307.08691).
#pragma once

#include <memory>

#include "kernels/backend.h"
#include "kernels/host/gradient_operands.h"

namespace assay {

class GradientCore {
 public:
  GradientCore() = default;
  GradientCore(const GradientCore&) = delete;
  GradientCore& operator=(const GradientCore&) = delete;
  virtual ~GradientCore() = default;

  [[nodiscard]] virtual Ran ran() const = 0;

  /// Returns when dQ, dK and dV are complete: see gradient_places. `slot` begins on a line of 64
  /// bytes. Fails with device if a library says it could not.
  virtual Result<Done> differentiate(const GradientViews& operands, std::byte* slot) = 0;
};

/// Fails with unsupported, naming type, library and instruction set, if this machine has none.
[[nodiscard]] Result<std::unique_ptr<GradientCore>> make_gradient_core(
    const AttentionProblem& problem);
[[nodiscard]] Result<Done> gradient_core_supported(const AttentionProblem& problem);

/// What it takes besides operands and slots.
[[nodiscard]] std::uint64_t gradient_core_bytes(const AttentionProblem& problem);

}  // namespace assay
