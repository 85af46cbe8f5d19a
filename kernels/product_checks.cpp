#include "kernels/product_checks.h"

#include <algorithm>

namespace assay {
namespace {

constexpr std::uint64_t k_least_lattice_tile = 64;
constexpr std::uint64_t k_values = std::uint64_t{1} << 15U;  // Of each x_j: -2^14 .. 2^14 - 1.

}  // namespace

Tile draw_tile(const Seed& challenge, const GemmProblem& problem, std::uint32_t index) {
  const Keyed draw(challenge, k_tile_stream);
  Tile tile{.rows = std::min(k_tile_rows, problem.m),
            .columns = std::min(k_tile_columns, problem.n)};
  tile.row = draw.below(2 * std::uint64_t{index}, problem.m - tile.rows + 1);
  tile.column = draw.below(2 * std::uint64_t{index} + 1, problem.n - tile.columns + 1);
  return tile;
}

std::vector<std::int64_t> draw_factors(const Keyed& challenge, std::uint32_t rounds,
                                       std::uint64_t columns) {
  std::vector<std::int64_t> x(rounds * columns);
  for (std::uint64_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<std::int64_t>(challenge(i) % k_values) -
           static_cast<std::int64_t>(k_values / 2);
  }
  return x;
}

double most_output(const GemmProblem& problem) {
  switch (problem.accumulate) {
    case NumberType::f64: return 9007199254740992.0;  // 2^53
    case NumberType::s32: return 16129.0 * static_cast<double>(problem.k);
    case NumberType::f32:
    case NumberType::tf32:
    case NumberType::bf16:
    case NumberType::f16:
    case NumberType::fp8_e4m3:
    case NumberType::fp8_e5m2:
    case NumberType::fp8_e5m2_e4m3:
    case NumberType::mxfp8_e4m3:
    case NumberType::nvfp4:
    case NumberType::s8: break;
  }
  return 16777216.0;  // 2^24
}

std::vector<std::uint64_t> lattice_of(std::uint64_t rows, std::uint64_t columns) {
  std::uint64_t edge = k_least_lattice_tile;
  const auto tiles = [&edge](std::uint64_t length) { return (length + edge - 1) / edge; };
  while (tiles(rows) * tiles(columns) > k_most_lattice) {
    edge *= 2;
  }
  const Keyed draw(Seed{}, 0);
  std::vector<std::uint64_t> places;
  for (std::uint64_t i = 0; i < rows; i += edge) {
    for (std::uint64_t j = 0; j < columns; j += edge) {
      const std::uint64_t tile = i * columns + j;
      const std::uint64_t row = i + draw.below(2 * tile, std::min(edge, rows - i));
      const std::uint64_t column = j + draw.below(2 * tile + 1, std::min(edge, columns - j));
      places.push_back(row * columns + column);
    }
  }
  return places;
}

bool is_narrow(const GemmProblem& problem) {
  return problem.output != problem.accumulate;
}

GemmProblem golden_of(const GemmProblem& problem) {
  GemmProblem golden = problem;
  golden.output = problem.accumulate;
  return golden;
}

}  // namespace assay
