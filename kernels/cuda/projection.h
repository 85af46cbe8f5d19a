// Whether a whole output is the product of its operands, on the device. See product_checks.h.
#pragma once

#include <cstdint>
#include <optional>

#include "kernels/backend.h"
#include "kernels/cuda/operands.h"
#include "kernels/keyed.h"
#include "kernels/product_checks.h"

namespace assay::cuda {

/// B x, A (B x) and C x: each matrix read once. For each element and round a 64-bit multiply-add of
/// four instructions and the load of a factor with its address, and some 24 to decode the element,
/// in f64 up to eight.
[[nodiscard]] constexpr LeastWork least_of_projection(const GemmProblem& problem) {
  const auto m = static_cast<double>(problem.m);
  const auto n = static_cast<double>(problem.n);
  const auto k = static_cast<double>(problem.k);
  const double element = static_cast<double>(packed_bytes(problem.input, 2)) / 2;
  const double elements = (m + n) * k + m * n;
  return {.bytes = element * (m + n) * k + static_cast<double>(bytes_of(problem.output)) * m * n,
          .instructions = (6 * rounds_of(problem.output) + 24) * elements,
          .doubles = 8 * elements,
          .rounds = 3 * 128};  // The rows of a slab, one after the other.
}
/// The comparison with a golden product: 4 bytes of it and 2 of the rounded one.
[[nodiscard]] constexpr LeastWork least_of_rounding(double elements) {
  return {.bytes = 6 * elements, .instructions = 45 * elements, .doubles = 4 * elements};
}

struct ProductClaim {
  GemmProblem problem;  ///< Its output type is that of `c`, and not narrow.
  OperandPair operands;
  const Grades* grades = nullptr;
  const std::byte* c = nullptr;
};

/// The first row that is not that of the product; nothing if every row is. Fails as check() does.
[[nodiscard]] Result<std::optional<std::uint64_t>> first_wrong_row(const ProductClaim& claim,
                                                                   const Keyed& challenge,
                                                                   cudaStream_t stream);

/// Both are slots: they begin on a page and are padded to one.
struct RoundedClaim {
  const std::byte* exact = nullptr;  ///< f32, every element an integer.
  const std::byte* rounded = nullptr;
  NumberType type = NumberType::bf16;
  std::uint64_t elements = 0;
  int shift = 0;
};
/// The first element of `rounded` that is not that of `exact`, times 2^-shift, rounded to `type`,
/// one of 2 bytes. Fails with unsupported for other types.
[[nodiscard]] Result<std::optional<std::uint64_t>> first_not_rounded(const RoundedClaim& claim,
                                                                     cudaStream_t stream);

}  // namespace assay::cuda
