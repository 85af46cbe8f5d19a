// Small parts of matrix products in double precision: what products that round are compared with.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/backend.h"

namespace assay {

/// A matrix of f32 or bf16 as it stands in memory: dense, row-major, or its transpose.
struct StoredMatrix {
  NumberType type = NumberType::f32;
  const std::byte* data = nullptr;
  std::uint64_t rows = 0, columns = 0;
  bool turned = false;  ///< columns x rows is what is stored.

  [[nodiscard]] double at(std::uint64_t row, std::uint64_t column) const;
};

inline constexpr std::uint64_t k_block_rows = 4;
inline constexpr std::uint64_t k_block_columns = 32;

/// A few rows of A, or columns of B, in doubles, with the root of the sum of the squares of each.
/// What is fewer than the block has is filled up with 0.
class RowPanel {
 public:
  /// Precondition: at most k_block_rows.
  void take(const StoredMatrix& a, std::span<const std::uint64_t> rows);
  [[nodiscard]] const double* data() const { return values_.data(); }  ///< k_block_rows x k.
  [[nodiscard]] double norm(std::uint64_t row) const { return norms_[row]; }

 private:
  std::vector<double> values_;
  std::array<double, k_block_rows> norms_{};
};
class ColumnPanel {
 public:
  /// Precondition: at most k_block_columns.
  void take(const StoredMatrix& b, std::span<const std::uint64_t> columns);
  [[nodiscard]] const double* data() const { return values_.data(); }  ///< k x k_block_columns.
  [[nodiscard]] std::uint64_t terms() const { return values_.size() / k_block_columns; }
  [[nodiscard]] double norm(std::uint64_t column) const { return norms_[column]; }

 private:
  std::vector<double> values_;
  std::array<double, k_block_columns> norms_{};
};

/// Element (i, j) at [i * k_block_columns + j]. Precondition: both have as many terms.
using BlockSums = std::array<double, k_block_rows * k_block_columns>;
[[nodiscard]] BlockSums multiply_panels(const RowPanel& a, const ColumnPanel& b);

}  // namespace assay
