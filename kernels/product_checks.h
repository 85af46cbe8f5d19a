// What of a matrix product is looked at: the lattice, the drawn tile, the drawn projection.
//
// C = A B is checked as C x = A (B x) for drawn integer vectors x, so the threshold is zero. If an
// element of row i of C is wrong by e, then whatever the other x_j are, at most one value in
// 2^15 of x_j makes the residual of row i vanish: x_j is uniform on 2^15 values, e x_j is compared
// modulo 2^64, and |e| <= 2^49 leaves x_j determined. So four rounds miss with 2^-60 at most. In
// f64, |e| <= 2^54 leaves x_j determined only modulo 2^10: six rounds, 2^-60 again. An element
// that is no integer, or too large for the product, is wrong without a projection.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/backend.h"
#include "kernels/keyed.h"

namespace assay {

inline constexpr double k_log2_miss = -60.0;
inline constexpr std::uint32_t k_rounds = 4;
inline constexpr std::uint32_t k_rounds_f64 = 6;
inline constexpr std::uint64_t k_tile_stream = 1;
inline constexpr std::uint64_t k_projection_stream = 16;  ///< And on: one for each step.
inline constexpr std::uint64_t k_tile_rows = 4;
inline constexpr std::uint64_t k_tile_columns = 32;

/// Where in C; at most k_tile_rows x k_tile_columns where it is drawn.
struct Tile {
  std::uint64_t row = 0, column = 0;
  std::uint64_t rows = 0, columns = 0;
};

/// The tile of step `index` under this challenge; it lies within C.
[[nodiscard]] Tile draw_tile(const Seed& challenge, const GemmProblem& problem,
                             std::uint32_t index);

[[nodiscard]] constexpr std::uint32_t rounds_of(NumberType output) {
  return output == NumberType::f64 ? k_rounds_f64 : k_rounds;
}

/// x[round * columns + j], uniform on -2^14 .. 2^14 - 1.
[[nodiscard]] std::vector<std::int64_t> draw_factors(const Keyed& challenge, std::uint32_t rounds,
                                                     std::uint64_t columns);

/// The largest magnitude that a right output can have and its type still holds exactly.
/// Precondition: the output type is that of the sums.
[[nodiscard]] double most_output(const GemmProblem& problem);

/// Witnesses are copied to the host and hashed, 8 bytes an element, while the device waits: beside
/// products of 0.1 ms there is no time for more than so many of each.
inline constexpr std::uint64_t k_most_lattice = 64;

/// One element of every square tile of a rows x columns matrix, at a place fixed by the tile. Tiles
/// are 64 x 64, or the least doubling of it that leaves at most k_most_lattice.
[[nodiscard]] std::vector<std::uint64_t> lattice_of(std::uint64_t rows, std::uint64_t columns);

/// Whether the output is narrower than the sums, so that it is compared with a golden product.
[[nodiscard]] bool is_narrow(const GemmProblem& problem);

/// The same product with the output in the type of its sums.
[[nodiscard]] GemmProblem golden_of(const GemmProblem& problem);

}  // namespace assay
