#include "kernels/host/layer_product.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace assay {
namespace {

/// Blocks of at most `size` places.
template <class Block>
std::vector<Block> blocks_of(const StoredMatrix& matrix, std::span<const std::uint64_t> places,
                             std::uint64_t size) {
  std::vector<Block> blocks((places.size() + size - 1) / size);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto part = places.subspan(i * size, std::min(size, places.size() - i * size));
    blocks[i].places.assign(part.begin(), part.end());
    blocks[i].panel.take(matrix, part);
  }
  return blocks;
}

}  // namespace

LayerPosition by_heads(const TransformerProblem& problem, std::array<LayerArray, 3> arrays,
                       std::uint64_t token, std::uint64_t column) {
  const std::uint64_t head = column / problem.head_dim;
  const auto place = [&](LayerArray array, std::uint64_t heads, std::uint64_t of_array) {
    return LayerPosition{
        .array = array,
        .row = (token / problem.seq * heads + of_array) * problem.seq + token % problem.seq,
        .column = column % problem.head_dim};
  };
  if (head < problem.heads) {
    return place(arrays[0], problem.heads, head);
  }
  const std::uint64_t key_head = head - problem.heads;
  return key_head < problem.kv_heads
             ? place(arrays[1], problem.kv_heads, key_head)
             : place(arrays[2], problem.kv_heads, key_head - problem.kv_heads);
}

std::vector<RowBlock> ProductCheck::rows(std::span<const std::uint64_t> places) const {
  return blocks_of<RowBlock>(stage_.a, places, k_block_rows);
}

std::vector<ColumnBlock> ProductCheck::columns(std::span<const std::uint64_t> places) const {
  return blocks_of<ColumnBlock>(stage_.b, places, k_block_columns);
}

std::optional<Mismatch> ProductCheck::check(std::span<const RowBlock> rows,
                                            std::span<const ColumnBlock> columns) const {
  std::optional<Mismatch> found;
  for (const RowBlock& of_rows : rows) {
    for (const ColumnBlock& of_columns : columns) {
      auto wrong = check_block(of_rows, of_columns);
      if (wrong && (!found || wrong->index < found->index)) {
        found = std::move(wrong);
      }
    }
  }
  return found;
}

std::optional<Mismatch> ProductCheck::check_block(const RowBlock& rows,
                                                  const ColumnBlock& columns) const {
  const BlockSums sums = multiply_panels(rows.panel, columns.panel);
  const double roundings = rounding_bound(stage_.a.columns + 1);
  for (std::uint64_t i = 0; i < rows.places.size(); ++i) {
    for (std::uint64_t j = 0; j < columns.places.size(); ++j) {
      if (auto wrong =
              check_one({.array = stage_.to, .row = rows.places[i], .column = columns.places[j]},
                        sums[i * k_block_columns + j],
                        roundings * rows.panel.norm(i) * columns.panel.norm(j))) {
        return wrong;
      }
    }
  }
  return std::nullopt;
}

std::optional<Mismatch> ProductCheck::check_one(LayerPosition at, double sum, double bound) const {
  const auto [array, row, column] = at;
  if (stage_.by_heads) {
    using enum LayerArray;
    at = assay::by_heads(*claim_.problem, {array, k, v}, row, column);
  }
  switch (stage_.after) {
    case ProductStage::After::nothing: break;
    case ProductStage::After::added:
      // The product is stored, and so rounded, before it is added.
      bound += (std::abs(sum) + bound) * (stage_.other.type == NumberType::bf16 ? 0x1p-8 : 0x1p-24);
      sum += stage_.other.at(row, column);
      break;
    case ProductStage::After::rectified: sum = std::max(sum, 0.0); break;
    case ProductStage::After::where_rectified:
      if (!(stage_.other.at(row, column) > 0)) {
        sum = bound = 0;
      }
      break;
  }
  return compare(
      claim_,
      {.array = at.array, .row = at.row, .column = at.column, .expected = sum, .bound = bound});
}

}  // namespace assay
