// Matrix products as the emulated device's library computes them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/backend.h"

namespace assay::emulated {

/// D[j][i] = alpha sum over kk of A[i][kk] B[j][kk]: A has `rows` rows, B and D have `columns`.
struct ProductTask {
  NumberType input = NumberType::f32;  ///< tf32 for f32 that is rounded to it.
  NumberType output = NumberType::f32;
  std::uint64_t rows = 0, columns = 0, k = 0;
  std::uint64_t leading_a = 0, leading_b = 0, leading_d = 0;  ///< Elements.
  const std::byte* a = nullptr;
  const std::byte* b = nullptr;
  std::byte* d = nullptr;
  double alpha = 1.0;
};

/// Computes it, spoiled as the machine's fault says.
void multiply(const ProductTask& task);

}  // namespace assay::emulated
