// Parts of matrix products, computed from the operands in exact integers on the device.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/backend.h"
#include "kernels/cuda/operands.h"
#include "kernels/product_checks.h"

namespace assay::cuda {

/// A tile of one product: rows and columns of C, and where C is.
struct TileTask {
  OperandPair operands;
  const std::byte* c = nullptr;
  Tile tile;
};

/// One drawn tile: its rows of A and columns of B read once from memory; for each of its products
/// some 12 instructions (counted in PTX: 9 in nvfp4, of them 2 for a quarter of an element of B),
/// in f64 20, four of them in that type.
[[nodiscard]] constexpr LeastWork least_of_tile(const GemmProblem& problem) {
  const double products = double{k_tile_rows} * k_tile_columns * static_cast<double>(problem.k);
  const double rows = double{k_tile_rows} + k_tile_columns;
  return {.bytes = rows * static_cast<double>(packed_bytes(problem.input, problem.k)),
          .instructions = (problem.input == NumberType::f64 ? 20 : 12) * products,
          .doubles = problem.input == NumberType::f64 ? 4 * products : 0,
          .rounds = 3};
}

/// What all tasks share.
struct TileSetting {
  GemmProblem problem;  ///< Its output type is that of `c`.
  int shift = 0;        ///< See ExactOperands::output_shift.
};

/// An element that is not what it must be; element == k_none: every one is.
struct TileFinding {
  static constexpr std::uint64_t k_none = ~std::uint64_t{0};
  std::uint64_t element = k_none;  ///< Of C, row-major; the first.
  std::uint64_t expected = 0;      ///< Bits.
};

/// One finding a task. Fails as check() does.
[[nodiscard]] Result<std::vector<TileFinding>> check_tiles(const TileSetting& setting,
                                                           const std::vector<TileTask>& tasks,
                                                           cudaStream_t stream);

}  // namespace assay::cuda
