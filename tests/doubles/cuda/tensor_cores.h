// Sums of products as tensor cores compute them.
#pragma once

#include <cstdint>

#include "tests/doubles/cuda/machine.h"

namespace assay::emulated {

/// sum over k of a[k] b[k], `step` products at a time. Operands are exact in double, and products
/// of two as well.
[[nodiscard]] double tensor_dot(const TensorCores& cores, const double* a, const double* b,
                                std::uint64_t k, std::uint64_t step);

inline constexpr int k_f32_digits = 24;
inline constexpr int k_f64_digits = 53;

/// The same on units that round to `digits` after every addition: 24 or 53.
[[nodiscard]] double rounded_dot(int digits, const double* a, const double* b, std::uint64_t k);

}  // namespace assay::emulated
