// Whether rows of dQ, dK and dV are right, to the bit: see kernels/attention_gradients.h.
#pragma once

#include <cstdint>
#include <optional>

#include "kernels/attention_gradients.h"
#include "kernels/host/gradient_operands.h"

namespace assay {

struct GradientClaim {
  const AttentionProblem* problem = nullptr;
  const GradientPattern* pattern = nullptr;
  GradientTuple place;
  GradientViews operands;
  const std::byte* slot = nullptr;  ///< dQ, dK and dV: gradient_places.
};

/// One row by the definition, from the operands as they stand in memory: rows of dQ, then of dK,
/// then of dV. The first element that differs.
[[nodiscard]] std::optional<Mismatch> check_gradient_row(const GradientClaim& claim,
                                                         std::uint64_t row);

/// All rows, with weights and slopes that were never in memory: worked out from the seed. On all
/// threads.
[[nodiscard]] std::optional<Mismatch> check_gradients(const GradientClaim& claim);

}  // namespace assay
