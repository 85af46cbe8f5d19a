// Whether a whole output is the product of its operands: Freivalds' projection, in exact integers.
// See kernels/product_checks.h.
#pragma once

#include <optional>

#include "kernels/backend.h"
#include "kernels/exactness.h"
#include "kernels/host/operands.h"
#include "kernels/keyed.h"
#include "kernels/product_checks.h"

namespace assay {

struct ProductClaim {
  GemmProblem problem;  ///< Its output type is that of `c`, and not bf16.
  const ExactOperands* rule = nullptr;
  OperandPair operands;
  const Grades* grades = nullptr;
  const std::byte* c = nullptr;
};

/// The first row that is not that of the product; nothing if every row is.
[[nodiscard]] Result<std::optional<std::uint64_t>> first_wrong_row(const ProductClaim& claim,
                                                                   const Keyed& challenge);

}  // namespace assay
