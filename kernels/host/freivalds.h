// Whether a whole output is the product of its operands: Freivalds' projection, in exact integers.
//
// C = A B is checked as C x = A (B x) for drawn integer vectors x, so the threshold is zero. If an
// element of row i of C is wrong by e, then whatever the other x_j are, at most one value in
// 2^15 of x_j makes the residual of row i vanish: x_j is uniform on 2^15 values, e x_j is compared
// modulo 2^64, and |e| <= 2^49 leaves x_j determined. So four rounds miss with 2^-60 at most. In
// f64, |e| <= 2^54 leaves x_j determined only modulo 2^10: six rounds, 2^-60 again. An element
// that is no integer, or too large for the product, is wrong without a projection.
#pragma once

#include <optional>

#include "kernels/backend.h"
#include "kernels/exactness.h"
#include "kernels/host/operands.h"
#include "kernels/keyed.h"

namespace assay {

inline constexpr double k_log2_miss = -60.0;

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
