// A small part of a matrix product, computed from the operands in exact integers.
#pragma once

#include <array>
#include <cstdint>

#include "kernels/host/operands.h"

namespace assay {

/// Where in C; at most k_tile_rows x k_tile_columns.
struct Tile {
  std::uint64_t row = 0, column = 0;
  std::uint64_t rows = 0, columns = 0;
};

inline constexpr std::uint64_t k_tile_rows = 4;
inline constexpr std::uint64_t k_tile_columns = 32;

/// Element (i, j) of the tile at [i * k_tile_columns + j].
using TileValues = std::array<std::int64_t, k_tile_rows * k_tile_columns>;

/// Precondition: the tile lies within C, and the operands are those of an exact product.
[[nodiscard]] TileValues exact_tile(NumberType type, const OperandPair& operands,
                                    const Grades& grades, const Tile& tile);

}  // namespace assay
