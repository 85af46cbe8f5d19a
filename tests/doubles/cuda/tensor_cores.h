// Sums of products as tensor cores compute them.
#pragma once

#include <array>
#include <cstdint>

#include "tests/doubles/cuda/machine.h"

namespace assay::emulated {

/// sum over k of a[k] b[k], `step` products at a time. Operands are exact in double, and products
/// of two as well.
[[nodiscard]] double tensor_dot(const TensorCores& cores, const double* a, const double* b,
                                std::uint64_t k, std::uint64_t step);

/// What one instruction of a warp is given: 16 x 16 of A, 16 x 8 of B, and sums.
struct TensorTile {
  std::array<std::array<double, 16>, 16> a{};
  std::array<std::array<double, 8>, 16> b{};
  std::array<std::array<double, 8>, 16> sums{};
};
/// sums += A B, of each sum all sixteen products at a time.
void add_products(const TensorCores& cores, TensorTile& tile);

inline constexpr int k_f32_digits = 24;
inline constexpr int k_f64_digits = 53;

/// The same on units that round to `digits` after every addition: 24 or 53.
[[nodiscard]] double rounded_dot(int digits, const double* a, const double* b, std::uint64_t k);

}  // namespace assay::emulated
