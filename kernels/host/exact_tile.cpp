#include "kernels/host/exact_tile.h"

#include <algorithm>

#include "kernels/host/cpu.h"
#include "kernels/host/host_type.h"
#include "kernels/host/lanes.h"

namespace assay {
namespace {

using lanes::k_lanes;

constexpr std::uint64_t k_ahead = 16;  // Rows of B.
constexpr std::uint64_t k_vectors = k_tile_columns / k_lanes;

struct Request {
  const OperandPair* operands = nullptr;
  const Grades* grades = nullptr;
  const Tile* tile = nullptr;
};

/// Eight elements from `from` on, of which `count` exist; the others are 0.
template <class Reader>
[[gnu::always_inline]] inline void read_some(const typename Reader::Stored* from,
                                             std::uint64_t count, const lanes::Doubles& scale,
                                             typename Reader::Vector& to) {
  lanes::Longs bad{};
  std::array<typename Reader::Stored, k_lanes> some{};
  if (count < k_lanes) {
    std::copy(from, from + count, some.begin());
    from = some.data();
  }
  Reader::read(from, scale, 0, to, bad);
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
  std::array<Vector, k_tile_rows> factors{};
  for (std::uint64_t kk = 0; kk < a.columns; ++kk) {
    const std::uint64_t lane = kk % k_lanes;
    if (lane == 0) {
      lanes::Doubles scale;
      for (std::uint64_t l = 0; l < k_lanes; ++l) {
        scale[l] = 1.0 / request.grades->of_a[(kk + l) % Grades::k_period];
      }
      for (std::uint64_t i = 0; i < tile.rows; ++i) {
        read_some<Reader>(first_a + (tile.row + i) * a.columns + kk, a.columns - kk, scale,
                          factors[i]);
      }
    }
    const Stored* const row_b = first_b + kk * b.columns + tile.column;
    // Every row of B is another page; its beginning is asked for in time.
    const Stored* const ahead = row_b + std::min(k_ahead, a.columns - 1 - kk) * b.columns;
    __builtin_prefetch(ahead);
    __builtin_prefetch(ahead + tile.columns / 2);
    __builtin_prefetch(ahead + tile.columns - 1);
    const lanes::Doubles scale =
        lanes::Doubles{} + 1.0 / request.grades->of_b[kk % Grades::k_period];
    for (std::uint64_t v = 0; v * k_lanes < tile.columns; ++v) {
      Vector elements;
      read_some<Reader>(row_b + v * k_lanes, tile.columns - v * k_lanes, scale, elements);
      for (std::uint64_t i = 0; i < tile.rows; ++i) {
        sums[i][v] += elements * factors[i][lane];
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
