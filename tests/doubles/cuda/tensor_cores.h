// Sums of products as tensor cores compute them.
#pragma once

#include <cstdint>

#include "tests/doubles/cuda/machine.h"

namespace assay::emulated {

/// sum over k of a[k] b[k], `step` products at a time. Operands are exact in double, and products
/// of two as well.
[[nodiscard]] double tensor_dot(const TensorCores& cores, const double* a, const double* b,
                                std::uint64_t k, std::uint64_t step);

}  // namespace assay::emulated
