// One product of a decoder layer's step, with what is done to each of its elements, held against
// double precision in any of its rows and columns.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/host/layer_claim.h"

namespace assay {

/// A place of a stage's output.
struct LayerPosition {
  LayerArray array = LayerArray::n1;
  std::uint64_t row = 0, column = 0;
};

/// Where a column of Q, K and V side by side stands by heads.
[[nodiscard]] LayerPosition by_heads(const TransformerProblem& problem,
                                     std::array<LayerArray, 3> arrays, std::uint64_t token,
                                     std::uint64_t column);

struct ProductStage {
  LayerArray to = LayerArray::n1;
  StoredMatrix a, b;
  bool by_heads = false;
  enum class After { nothing, added, rectified, where_rectified } after = After::nothing;
  StoredMatrix other;  ///< What is added, or where it is rectified.
};

/// Rows of A, or columns of B, ready to be multiplied.
struct RowBlock {
  std::vector<std::uint64_t> places;
  RowPanel panel;
};
struct ColumnBlock {
  std::vector<std::uint64_t> places;
  ColumnPanel panel;
};

class ProductCheck {
 public:
  /// Keeps a reference to the claim.
  ProductCheck(const LayerClaim& claim, const ProductStage& stage) : claim_(claim), stage_(stage) {}

  [[nodiscard]] std::uint64_t all_rows() const { return stage_.a.rows; }
  [[nodiscard]] std::uint64_t all_columns() const { return stage_.b.columns; }
  [[nodiscard]] std::vector<RowBlock> rows(std::span<const std::uint64_t> places) const;
  [[nodiscard]] std::vector<ColumnBlock> columns(std::span<const std::uint64_t> places) const;
  /// All elements in these rows and columns; of several wrong ones one that stands before those of
  /// other blocks.
  [[nodiscard]] std::optional<Mismatch> check(std::span<const RowBlock> rows,
                                              std::span<const ColumnBlock> columns) const;

 private:
  [[nodiscard]] std::optional<Mismatch> check_block(const RowBlock& rows,
                                                    const ColumnBlock& columns) const;
  [[nodiscard]] std::optional<Mismatch> check_one(LayerPosition at, double sum, double bound) const;

  const LayerClaim& claim_;
  ProductStage stage_;
};

}  // namespace assay
