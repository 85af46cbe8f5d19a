// Products of small matrices, one thread's: what attention is made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "kernels/backend.h"

namespace assay {

/// C = A B^T or C += A B, A m x k, C m x n in f32; B is stored n x k or k x n. Dense, row-major.
struct BlockShape {
  NumberType input = NumberType::f32;
  std::uint64_t m = 0, n = 0, k = 0;
  bool transposed = false;  ///< C = A B^T; else C += A B.
};

class BlockProduct {
 public:
  BlockProduct() = default;
  BlockProduct(const BlockProduct&) = delete;
  BlockProduct& operator=(const BlockProduct&) = delete;
  virtual ~BlockProduct() = default;

  /// The library's own name of its code.
  [[nodiscard]] virtual std::string kernel() const = 0;
  [[nodiscard]] virtual std::string isa() const = 0;
  [[nodiscard]] virtual std::string version() const = 0;

  /// Used by one thread at a time, on that thread alone. Fails with device if the library says it
  /// could not.
  virtual Result<Done> multiply(const std::byte* a, const std::byte* b, float* c) = 0;
};

/// oneDNN's. Fails with unsupported, naming type, library and instruction set, if it has none.
[[nodiscard]] Result<std::unique_ptr<BlockProduct>> make_block_product(const BlockShape& shape);
[[nodiscard]] Result<Done> block_product_supported(const BlockShape& shape);

}  // namespace assay
