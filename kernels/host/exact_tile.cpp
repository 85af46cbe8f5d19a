#include "kernels/host/exact_tile.h"

#include <algorithm>

#include "kernels/host/cpu.h"
#include "kernels/host/host_type.h"
#include "kernels/host/lanes.h"

namespace assay {
namespace {

using lanes::k_lanes;

constexpr std::uint64_t k_vectors = k_tile_columns / k_lanes;

struct Request {
  const OperandPair* operands = nullptr;
  const Grades* grades = nullptr;
  const Tile* tile = nullptr;
};

template <class Reader>
[[gnu::always_inline]] inline typename Reader::Number read_one(const typename Reader::Stored* from,
                                                               double scale) {
  std::array<typename Reader::Stored, k_lanes> one{};
  one[0] = *from;
  typename Reader::Vector number;
  lanes::Longs bad{};
  Reader::read(one.data(), lanes::Doubles{} + scale, 0, number, bad);
  return number[0];
}

template <class Reader>
[[gnu::always_inline]] inline void compute(const Request& request, TileValues& values) {
  using Stored = typename Reader::Stored;
  using Vector = typename Reader::Vector;
  const Tile& tile = *request.tile;
  const View& a = request.operands->a;
  const View& b = request.operands->b;
  const auto* const first_a = static_cast<const Stored*>(static_cast<const void*>(a.data));
  const auto* const first_b = static_cast<const Stored*>(static_cast<const void*>(b.data));
  std::array<std::array<Vector, k_vectors>, k_tile_rows> sums{};
  for (std::uint64_t kk = 0; kk < a.columns; ++kk) {
    const std::uint64_t period = kk % Grades::k_period;
    const lanes::Doubles scale = lanes::Doubles{} + 1.0 / request.grades->of_b[period];
    const Stored* row_b = first_b + kk * b.columns + tile.column;
    std::array<Stored, k_tile_columns> rest{};
    if (tile.columns < k_tile_columns) {
      std::copy(row_b, row_b + tile.columns, rest.begin());
      row_b = rest.data();
    }
    std::array<Vector, k_vectors> elements;
    for (std::uint64_t v = 0; v < k_vectors; ++v) {
      lanes::Longs bad{};
      Reader::read(row_b + v * k_lanes, scale, 0, elements[v], bad);
    }
    for (std::uint64_t i = 0; i < tile.rows; ++i) {
      const auto factor = read_one<Reader>(first_a + (tile.row + i) * a.columns + kk,
                                           1.0 / request.grades->of_a[period]);
      for (std::uint64_t v = 0; v < k_vectors; ++v) {
        sums[i][v] += elements[v] * factor;
      }
    }
  }
  for (std::uint64_t i = 0; i < tile.rows; ++i) {
    for (std::uint64_t j = 0; j < k_tile_columns; ++j) {
      values[i * k_tile_columns + j] = static_cast<std::int64_t>(sums[i][j / k_lanes][j % k_lanes]);
    }
  }
}

template <class Reader>
[[gnu::target("avx512f,avx512dq,avx512vl,avx512bw")]] void compute_avx512(const Request& request,
                                                                          TileValues& values) {
  compute<Reader>(request, values);
}
template <class Reader>
[[gnu::target("avx2,fma")]] void compute_avx2(const Request& request, TileValues& values) {
  compute<Reader>(request, values);
}

template <class Reader>
void compute_here(const Request& request, TileValues& values) {
  switch (own_vectors()) {
    case Vectors::avx512: compute_avx512<Reader>(request, values); break;
    case Vectors::avx2: compute_avx2<Reader>(request, values); break;
    case Vectors::sse2: compute<Reader>(request, values); break;
  }
}

}  // namespace

TileValues exact_tile(NumberType type, const OperandPair& operands, const Grades& grades,
                      const Tile& tile) {
  const Request request{.operands = &operands, .grades = &grades, .tile = &tile};
  TileValues values{};
  switch (host_type(type)) {
    case HostType::f32: compute_here<lanes::F32>(request, values); break;
    case HostType::bf16: compute_here<lanes::Bf16>(request, values); break;
    case HostType::s8: compute_here<lanes::S8>(request, values); break;
    case HostType::f64: compute_here<lanes::F64>(request, values); break;
    case HostType::s32: break;  // No operands are s32.
  }
  return values;
}

}  // namespace assay
