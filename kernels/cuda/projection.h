// Whether a whole output is the product of its operands, on the device. See product_checks.h.
#pragma once

#include <cstdint>
#include <optional>

#include "kernels/backend.h"
#include "kernels/cuda/operands.h"
#include "kernels/keyed.h"

namespace assay::cuda {

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

/// The first element of `rounded` that is not that of `exact`, times 2^-shift, rounded to `type`.
struct RoundedClaim {
  const std::byte* exact = nullptr;  ///< f32, every element an integer.
  const std::byte* rounded = nullptr;
  NumberType type = NumberType::bf16;
  std::uint64_t elements = 0;
  int shift = 0;
};
[[nodiscard]] Result<std::optional<std::uint64_t>> first_not_rounded(const RoundedClaim& claim,
                                                                     cudaStream_t stream);

}  // namespace assay::cuda
