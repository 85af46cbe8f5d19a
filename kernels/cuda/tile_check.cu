#include <algorithm>

#include "kernels/cuda/elements.h"
#include "kernels/cuda/tile_check.h"

namespace assay::cuda {
namespace {

struct Setting {
  std::uint64_t n, k, leading;
  int shift;
};

/// The integer that a warp's lanes sum up: element (row, column) of A B. Every lane has it.
template <NumberType TypeA, NumberType TypeB>
__device__ std::int64_t exact_element(const TileTask& task, const Setting& setting,
                                      std::uint64_t row, std::uint64_t column) {
  using Chunks = Chunk<TypeA>;
  static_assert(Chunks::k_count == Chunk<TypeB>::k_count);
  constexpr double k_units = 1.0 / (unit_of(TypeA) * unit_of(TypeB));
  const OperandView& in_a = task.operands.a;
  const OperandView& in_b = task.operands.b;
  const auto* const a =
      reinterpret_cast<const Chunks*>(in_a.data + row * packed_bytes(TypeA, setting.leading));
  const auto* const b = reinterpret_cast<const Chunk<TypeB>*>(
      in_b.data + column * packed_bytes(TypeB, setting.leading));
  const std::uint64_t chunks = (setting.k + Chunks::k_count - 1) / Chunks::k_count;
  std::uint64_t sum = 0;
  std::uint64_t scale = 1;
  for (std::uint64_t chunk = threadIdx.x % k_warp; chunk < chunks; chunk += k_warp) {
    const Chunks from_a = a[chunk];
    const Chunk<TypeB> from_b = b[chunk];
    ASSAY_UNROLL
    for (unsigned i = 0; i < Chunks::k_count; ++i) {
      const std::uint64_t kk = chunk * Chunks::k_count + i;
      if (kk < setting.k) {
        if (begins_block<TypeA>(i)) {
          scale = scale_at<TypeA>(in_a.scales, row, kk) * scale_at<TypeB>(in_b.scales, column, kk);
        }
        // Both are integers of at most 26 bits times opposite powers of two: exact in double.
        const double product =
            value_of_bits(TypeA, from_a.bits(i)) * value_of_bits(TypeB, from_b.bits(i)) * k_units;
        sum += static_cast<std::uint64_t>(static_cast<std::int64_t>(product)) * scale;
      }
    }
  }
  for (unsigned distance = k_warp / 2; distance > 0; distance /= 2) {
    sum += __shfl_xor_sync(k_every_lane, sum, static_cast<int>(distance));
  }
  return static_cast<std::int64_t>(sum);
}

/// One warp an element, blockIdx.y the task: 2 k operand elements read for each, from the L2 but
/// for the first. A tile of 4 x 32 at k = 8192 in bf16: 36 rows of 16 KiB.
template <NumberType TypeA, NumberType TypeB, NumberType Output>
__global__ void compare_tiles(const TileTask* tasks, Setting setting, unsigned long long* first) {
  const TileTask task = tasks[blockIdx.y];
  const std::uint64_t warp = (std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x) / k_warp;
  if (warp >= task.tile.rows * task.tile.columns) {
    return;
  }
  const std::uint64_t row = task.tile.row + warp / task.tile.columns;
  const std::uint64_t column = task.tile.column + warp % task.tile.columns;
  const std::int64_t value = exact_element<TypeA, TypeB>(task, setting, row, column);
  if (threadIdx.x % k_warp == 0) {
    const std::uint64_t element = row * setting.n + column;
    const auto actual = reinterpret_cast<const Stored<Output>*>(task.c)[element];
    if (actual != bits_of_integer(Output, value, setting.shift)) {
      atomicMin(first + blockIdx.y, static_cast<unsigned long long>(element));
    }
  }
}

/// What element elements[blockIdx.x] of the task must be.
template <NumberType TypeA, NumberType TypeB, NumberType Output>
__global__ void expect(const TileTask* tasks, Setting setting, const unsigned long long* first,
                       std::uint64_t* expected) {
  const std::uint64_t element = first[blockIdx.x];
  if (element == TileFinding::k_none) {
    return;
  }
  const std::int64_t value = exact_element<TypeA, TypeB>(tasks[blockIdx.x], setting,
                                                         element / setting.n, element % setting.n);
  if (threadIdx.x == 0) {
    expected[blockIdx.x] = bits_of_integer(Output, value, setting.shift);
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
  for (const TileTask& task : tasks) {
    most = std::max(most, task.tile.rows * task.tile.columns);
  }
  const std::vector<std::uint64_t> none(tasks.size(), TileFinding::k_none);
  auto on_device_tasks = on_device(tasks);
  auto first = on_device(none);
  auto expected = on_device(none);
  if (!on_device_tasks || !first || !expected) {
    return !on_device_tasks ? on_device_tasks.error() : !first ? first.error() : expected.error();
  }
  const auto steps = static_cast<unsigned>(tasks.size());
  const dim3 grid(static_cast<unsigned>((most * k_warp + k_block - 1) / k_block), steps);
  const auto* const device_tasks = on_device_tasks->as<TileTask>();
  auto* const found = first->as<unsigned long long>();
  with_types(setting.problem, [&]<NumberType TypeA, NumberType TypeB, NumberType Output>() {
    const auto compare = compare_tiles<TypeA, TypeB, Output>;
    const auto ask = expect<TypeA, TypeB, Output>;
    ASSAY_LAUNCH(compare, grid, k_block, stream, device_tasks, facts, found);
    ASSAY_LAUNCH(ask, steps, k_warp, stream, device_tasks, facts, found,
                 expected->as<std::uint64_t>());
  });
  if (auto launched = check_launch("compare_tiles"); !launched) {
    return launched.error();
  }
  if (auto done = check(cudaStreamSynchronize(stream), "comparison of tiles"); !done) {
    return done.error();
  }
  const auto elements = on_host<std::uint64_t>(*first, tasks.size());
  const auto bits = on_host<std::uint64_t>(*expected, tasks.size());
  if (!elements || !bits) {
    return elements ? bits.error() : elements.error();
  }
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    findings[i] = {.element = (*elements)[i], .expected = (*bits)[i]};
  }
  return findings;
}

}  // namespace assay::cuda
