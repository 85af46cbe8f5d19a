// A small part of a matrix product, computed from the operands in exact integers.
#pragma once

#include <array>
#include <cstdint>

#include "kernels/host/operands.h"
#include "kernels/product_checks.h"

namespace assay {

/// Element (i, j) of the tile at [i * k_tile_columns + j].
using TileValues = std::array<std::int64_t, k_tile_rows * k_tile_columns>;

/// Precondition: the tile lies within C, and the operands are those of an exact product.
[[nodiscard]] TileValues exact_tile(NumberType type, const OperandPair& operands,
                                    const Grades& grades, const Tile& tile);

}  // namespace assay
