// Matrix products as the emulated device's library computes them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/backend.h"

namespace assay::emulated {

/// One operand of it: rows of k elements.
struct ProductOperand {
  NumberType type = NumberType::f32;  ///< tf32 for f32 that is rounded to it.
  const std::byte* data = nullptr;
  const std::byte* scales = nullptr;    ///< Of mxfp8_e4m3 and nvfp4.
  std::uint64_t rows = 0, leading = 0;  ///< Leading: elements.
};

/// D[j][i] = alpha sum over kk of A[i][kk] B[j][kk]: A has `rows` rows, B and D have `columns`.
struct ProductTask {
  ProductOperand a, b;
  NumberType output = NumberType::f32;
  std::uint64_t k = 0;
  std::uint64_t leading_d = 0;  ///< Elements.
  std::byte* d = nullptr;
  double alpha = 1.0;
};

/// Computes it, spoiled as the machine's fault says.
void multiply(const ProductTask& task);

}  // namespace assay::emulated
