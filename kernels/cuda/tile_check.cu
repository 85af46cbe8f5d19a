#include <algorithm>
#include <cassert>
#include <type_traits>

#include "kernels/cuda/elements.h"
#include "kernels/cuda/tile_check.h"

namespace assay::cuda {
namespace {

struct Setting {
  std::uint64_t n, k, leading;
  int shift;
};

/// Elements as numbers whose products are integers, exactly: graded ones have at most 26 bits in
/// f64 and 12 elsewhere, and stand for integers times opposite powers of two.
template <NumberType Type>
using Value = std::conditional_t<Type == NumberType::f64, double, float>;

template <NumberType Type>
__device__ Value<Type> value_in_units(std::uint64_t bits) {
  if constexpr (Type == NumberType::f64) {
    return value_of_bits(Type, bits);
  } else {
    return unit_value<Type>(bits);
  }
}

/// Sums of a chunk's products. A float holds those of operands that have few bits: 8 products of at
/// most 255^2, 16 of 15^2, 32 of 12^2. Single products of the others are below 2^24, since sums of
/// many of them are.
template <NumberType Type>
using Partial = std::conditional_t<
    Type == NumberType::f64, std::int64_t,
    std::conditional_t<Type == NumberType::f32 || Type == NumberType::f16, std::int32_t, float>>;

/// The integers of some rows of one column of A B, as a warp's lanes sum them up.
using ColumnSums = std::uint64_t[k_tile_rows];

/// Elements (row, column) to (row + rows - 1, column); rows <= k_tile_rows. Every lane has them.
/// What is loaded of B is decoded once for all rows.
template <NumberType TypeA, NumberType TypeB>
__device__ void sum_column(const TileTask& task, const Setting& setting, const Tile& at,
                           ColumnSums& sums) {
  using Chunks = Chunk<TypeA>;
  static_assert(Chunks::k_count == Chunk<TypeB>::k_count);
  static_assert(k_scaled<TypeA> == k_scaled<TypeB>);  // one scale_b for each of A's blocks
  constexpr unsigned k_count = Chunks::k_count;
  const OperandView& in_a = task.operands.a;
  const OperandView& in_b = task.operands.b;
  const auto* const b = reinterpret_cast<const Chunk<TypeB>*>(
      in_b.data + at.column * packed_bytes(TypeB, setting.leading));
  const std::uint64_t chunks = (setting.k + k_count - 1) / k_count;
  for (std::uint64_t chunk = threadIdx.x % k_warp; chunk < chunks; chunk += k_warp) {
    const Chunk<TypeB> from_b = b[chunk];
    Value<TypeB> of_b[k_count];
    std::uint64_t scale_b[k_count];  // Of each block's first element.
    ASSAY_UNROLL
    for (unsigned i = 0; i < k_count; ++i) {
      const std::uint64_t kk = chunk * k_count + i;
      of_b[i] = kk < setting.k ? value_in_units<TypeB>(from_b.bits(i)) : 0;
      if (begins_block<TypeB>(i)) {
        scale_b[i] = kk < setting.k ? scale_at<TypeB>(in_b.scales, at.column, kk) : 0;
      }
    }
    ASSAY_UNROLL
    for (unsigned r = 0; r < k_tile_rows; ++r) {
      if (r >= at.rows) {
        continue;
      }
      const std::uint64_t row = at.row + r;
      const Chunks from_a = reinterpret_cast<const Chunks*>(
          in_a.data + row * packed_bytes(TypeA, setting.leading))[chunk];
      ASSAY_UNROLL
      for (unsigned begin = 0; begin < k_count; begin += k_scaled<TypeA>) {
        Partial<TypeA> part = 0;
        ASSAY_UNROLL
        for (unsigned i = begin; i < begin + k_scaled<TypeA>; ++i) {
          part += static_cast<Partial<TypeA>>(value_in_units<TypeA>(from_a.bits(i)) * of_b[i]);
        }
        const std::uint64_t kk = chunk * k_count + begin;
        const std::uint64_t scale =
            kk < setting.k ? scale_at<TypeA>(in_a.scales, row, kk) * scale_b[begin] : 0;
        sums[r] += static_cast<std::uint64_t>(static_cast<std::int64_t>(part)) * scale;
      }
    }
  }
  for (std::uint64_t& sum : sums) {
    for (unsigned distance = k_warp / 2; distance > 0; distance /= 2) {
      sum += __shfl_xor_sync(k_every_lane, sum, static_cast<int>(distance));
    }
  }
}

/// A task with what was found: the first wrong element, and what it must be.
struct TileRound {
  TileTask task;
  unsigned long long first = TileFinding::k_none;
  std::uint64_t expected = TileFinding::k_none;
};

/// One warp a column of up to k_tile_rows rows, blockIdx.y the task: rows of A come from the L2 but
/// for the first time.
template <NumberType TypeA, NumberType TypeB, NumberType Output>
__global__ void compare_tiles(TileRound* rounds, Setting setting) {
  const TileTask& task = rounds[blockIdx.y].task;
  const std::uint64_t warp = (std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x) / k_warp;
  if (warp >= task.tile.columns) {
    return;
  }
  Tile at = task.tile;
  at.column += warp;
  ColumnSums sums = {};
  sum_column<TypeA, TypeB>(task, setting, at, sums);
  ASSAY_UNROLL
  for (unsigned r = 0; r < k_tile_rows; ++r) {
    // A lane a row.
    if (r == threadIdx.x % k_warp && r < at.rows) {
      const std::uint64_t element = (at.row + r) * setting.n + at.column;
      const auto actual = reinterpret_cast<const Stored<Output>*>(task.c)[element];
      if (actual != bits_of_integer(Output, static_cast<std::int64_t>(sums[r]), setting.shift)) {
        atomicMin(&rounds[blockIdx.y].first, static_cast<unsigned long long>(element));
      }
    }
  }
}

/// What the first wrong element of the task must be.
template <NumberType TypeA, NumberType TypeB, NumberType Output>
__global__ void expect(TileRound* rounds, Setting setting) {
  TileRound& round = rounds[blockIdx.x];
  if (round.first == TileFinding::k_none) {
    return;
  }
  const Tile at{
      .row = round.first / setting.n, .column = round.first % setting.n, .rows = 1, .columns = 1};
  ColumnSums sums = {};
  sum_column<TypeA, TypeB>(round.task, setting, at, sums);
  if (threadIdx.x == 0) {
    round.expected = bits_of_integer(Output, static_cast<std::int64_t>(sums[0]), setting.shift);
  }
}

/// Sums of f64 and s8 have one type of outputs; the others have those of 4 and 2 bytes.
constexpr bool go_together(NumberType input, NumberType output) {
  return input == NumberType::f64  ? output == NumberType::f64
         : input == NumberType::s8 ? output == NumberType::s32
                                   : output != NumberType::f64 && output != NumberType::s32;
}

/// Calls use.template operator()<TypeA, TypeB, Output>().
template <class Use>
void with_types(const GemmProblem& problem, const Use& use) {
  const auto with_output = [&]<NumberType TypeA, NumberType TypeB>() {
    with_output_type(problem.output, [&]<NumberType Output>() {
      if constexpr (go_together(TypeA, Output)) {
        use.template operator()<TypeA, TypeB, Output>();
      }
    });
  };
  if (problem.input == NumberType::fp8_e5m2_e4m3) {
    with_output.template operator()<NumberType::fp8_e5m2, NumberType::fp8_e4m3>();
    return;
  }
  with_operand_type(problem.input,
                    [&]<NumberType Type>() { with_output.template operator()<Type, Type>(); });
}

}  // namespace

Result<std::vector<TileFinding>> check_tiles(const TileSetting& setting,
                                             const std::vector<TileTask>& tasks,
                                             cudaStream_t stream) {
  std::vector<TileFinding> findings(tasks.size());
  if (tasks.empty()) {
    return findings;
  }
  const Setting facts{.n = setting.problem.n,
                      .k = setting.problem.k,
                      .leading = Operands::leading_of(setting.problem),
                      .shift = setting.shift};
  std::uint64_t most = 0;
  std::vector<TileRound> rounds;
  rounds.reserve(tasks.size());
  for (const TileTask& task : tasks) {
    assert(task.tile.rows <= k_tile_rows);
    most = std::max(most, task.tile.columns);
    rounds.push_back({.task = task});
  }
  // One buffer and one copy each way: the device waits meanwhile.
  const auto buffer = on_device(rounds);
  if (!buffer) {
    return buffer.error();
  }
  const auto steps = static_cast<unsigned>(tasks.size());
  const dim3 grid(static_cast<unsigned>((most * k_warp + k_block - 1) / k_block), steps);
  auto* const on_it = buffer->as<TileRound>();
  with_types(setting.problem, [&]<NumberType TypeA, NumberType TypeB, NumberType Output>() {
    const auto compare = compare_tiles<TypeA, TypeB, Output>;
    const auto ask = expect<TypeA, TypeB, Output>;
    ASSAY_LAUNCH(compare, grid, k_block, stream, on_it, facts);
    ASSAY_LAUNCH(ask, steps, k_warp, stream, on_it, facts);
  });
  if (auto launched = check_launch("compare_tiles"); !launched) {
    return launched.error();
  }
  if (auto done = check(cudaStreamSynchronize(stream), "comparison of tiles"); !done) {
    return done.error();
  }
  const auto found = on_host<TileRound>(*buffer, tasks.size());
  if (!found) {
    return found.error();
  }
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    findings[i] = {.element = (*found)[i].first, .expected = (*found)[i].expected};
  }
  return findings;
}

}  // namespace assay::cuda
