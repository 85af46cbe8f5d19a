#include <algorithm>
#include <utility>
#include <vector>

#include "kernels/cuda/elements.h"
#include "kernels/cuda/projection.h"
#include "kernels/product_checks.h"

namespace assay::cuda {
namespace {

constexpr std::uint64_t k_none = ~std::uint64_t{0};
constexpr std::uint64_t k_slab = 128;  // Rows of B^T that one thread adds up.

using Sum = unsigned long long;  // Modulo 2^64; what atomicAdd takes.

/// A matrix of rows with contiguous columns whose elements stand for integers.
struct Matrix {
  const std::byte* data;
  std::uint64_t rows, columns, leading;
  double undo[Grades::k_period];  ///< What column j is multiplied with to be an integer.
  Scales scales;
};

template <NumberType Type>
__device__ Sum integer_of(std::uint64_t bits, double undo) {
  return static_cast<Sum>(static_cast<std::int64_t>(value_of_bits(Type, bits) * undo));
}

/// sums[r rows + i] = sum over j of M[i][j] x[r columns + j]. One warp a row, 16 bytes a lane:
/// reads M once.
template <NumberType Type, std::uint32_t Rounds>
__global__ void project_rows(Matrix matrix, const Sum* x, Sum* sums) {
  const std::uint64_t row = (std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x) / k_warp;
  if (row >= matrix.rows) {
    return;
  }
  using Chunks = Chunk<Type>;
  const auto* const from =
      reinterpret_cast<const Chunks*>(matrix.data + row * packed_bytes(Type, matrix.leading));
  Sum totals[Rounds] = {};
  Sum scale = 1;
  for (std::uint64_t begin = threadIdx.x % k_warp * Chunks::k_count; begin < matrix.columns;
       begin += k_warp * Chunks::k_count) {
    const Chunks chunk = from[begin / Chunks::k_count];
    ASSAY_UNROLL
    for (unsigned i = 0; i < Chunks::k_count && begin + i < matrix.columns; ++i) {
      const std::uint64_t j = begin + i;
      if (begins_block<Type>(i)) {
        scale = scale_at<Type>(matrix.scales, row, j);
      }
      const Sum value = integer_of<Type>(chunk.bits(i), matrix.undo[j % Grades::k_period]) * scale;
      for (std::uint32_t r = 0; r < Rounds; ++r) {
        totals[r] += value * x[r * matrix.columns + j];
      }
    }
  }
  for (std::uint32_t r = 0; r < Rounds; ++r) {
    for (unsigned distance = k_warp / 2; distance > 0; distance /= 2) {
      totals[r] += __shfl_xor_sync(k_every_lane, totals[r], static_cast<int>(distance));
    }
    if (threadIdx.x % k_warp == 0) {
      sums[r * matrix.rows + row] = totals[r];
    }
  }
}

/// Sixteen columns a thread at most: more sums than that do not fit its registers.
template <NumberType Type>
using ColumnChunk = Chunk<Type, Type == NumberType::nvfp4 ? 8 : 16>;

/// sums[r columns + j] += sum over the rows i of a slab of M[i][j] x[r rows + i]. A thread has 16
/// bytes of columns (8 of nvfp4); blockIdx.y is the slab. Reads M once.
template <NumberType Type, std::uint32_t Rounds>
__global__ void project_columns(Matrix matrix, const Sum* x, Sum* sums) {
  using Chunks = ColumnChunk<Type>;
  const std::uint64_t begin =
      (std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x) * Chunks::k_count;
  if (begin >= matrix.columns) {
    return;
  }
  Sum totals[Rounds][Chunks::k_count] = {};
  const std::uint64_t first = blockIdx.y * k_slab;
  const std::uint64_t last = first + k_slab < matrix.rows ? first + k_slab : matrix.rows;
  for (std::uint64_t row = first; row < last; ++row) {
    const Chunks chunk = reinterpret_cast<const Chunks*>(
        matrix.data + row * packed_bytes(Type, matrix.leading))[begin / Chunks::k_count];
    const Sum scale = scale_at<Type>(matrix.scales, row, begin);
    for (unsigned i = 0; i < Chunks::k_count; ++i) {
      const Sum value =
          integer_of<Type>(chunk.bits(i), matrix.undo[(begin + i) % Grades::k_period]) * scale;
      for (std::uint32_t r = 0; r < Rounds; ++r) {
        totals[r][i] += value * x[r * matrix.rows + row];
      }
    }
  }
  for (unsigned i = 0; i < Chunks::k_count && begin + i < matrix.columns; ++i) {
    for (std::uint32_t r = 0; r < Rounds; ++r) {
      atomicAdd(sums + r * matrix.columns + begin + i, totals[r][i]);
    }
  }
}

/// What a lane has added up of a row of an output.
template <std::uint32_t Rounds>
struct RowSums {
  Sum totals[Rounds] = {};
  std::uint32_t wrong = 0;  ///< Whether an element is no integer of at most the largest.
};

template <NumberType Type, std::uint32_t Rounds>
__device__ void add_output(RowSums<Rounds>& row, std::uint64_t bits, double most, const Sum* x,
                           std::uint64_t columns) {
  const Whole whole = whole_of_bits(Type, bits);
  const auto magnitude = static_cast<double>(whole.value < 0 ? -whole.value : whole.value);
  row.wrong |= whole.is_one && magnitude <= most ? 0U : 1U;
  for (std::uint32_t r = 0; r < Rounds; ++r) {
    row.totals[r] += static_cast<Sum>(whole.value) * x[r * columns];
  }
}

/// The same as project_rows for an output, dense: where its rows are whole chunks, 16 bytes a lane,
/// else an element. bad[i] = 1 where row i holds an element that is no integer of at most `most`:
/// not whole, too large, NaN, infinite or -0.
template <NumberType Type, std::uint32_t Rounds>
__global__ void project_output(Matrix matrix, const Sum* x, Sum* sums, double most,
                               std::uint32_t* bad) {
  using Chunks = Chunk<Type>;
  const std::uint64_t row = (std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x) / k_warp;
  if (row >= matrix.rows) {
    return;
  }
  const std::uint64_t columns = matrix.columns;
  const auto* const from = reinterpret_cast<const Stored<Type>*>(matrix.data) + row * columns;
  const unsigned lane = threadIdx.x % k_warp;
  RowSums<Rounds> sum;
  const std::uint64_t chunks = columns % Chunks::k_count == 0 ? columns / Chunks::k_count : 0;
  for (std::uint64_t i = lane; i < chunks; i += k_warp) {
    const Chunks chunk = reinterpret_cast<const Chunks*>(from)[i];
    ASSAY_UNROLL
    for (unsigned part = 0; part < Chunks::k_count; ++part) {
      const std::uint64_t j = i * Chunks::k_count + part;
      add_output<Type>(sum, chunk.bits(part), most, x + j, columns);
    }
  }
  for (std::uint64_t j = chunks * Chunks::k_count + lane; j < columns; j += k_warp) {
    add_output<Type>(sum, from[j], most, x + j, columns);
  }
  for (unsigned distance = k_warp / 2; distance > 0; distance /= 2) {
    sum.wrong |= __shfl_xor_sync(k_every_lane, sum.wrong, static_cast<int>(distance));
    for (std::uint32_t r = 0; r < Rounds; ++r) {
      sum.totals[r] += __shfl_xor_sync(k_every_lane, sum.totals[r], static_cast<int>(distance));
    }
  }
  if (lane == 0) {
    bad[row] = sum.wrong;
    for (std::uint32_t r = 0; r < Rounds; ++r) {
      sums[r * matrix.rows + row] = sum.totals[r];
    }
  }
}

struct Residual {
  const Sum* expected;
  const Sum* actual;
  const std::uint32_t* bad;
  std::uint64_t rows;
  std::uint32_t rounds;
};

__global__ void find_row(Residual residual, Sum* first) {
  const std::uint64_t row = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (row >= residual.rows) {
    return;
  }
  bool wrong = residual.bad[row] != 0;
  for (std::uint32_t r = 0; r < residual.rounds; ++r) {
    const std::uint64_t at = r * residual.rows + row;
    wrong |= residual.expected[at] != residual.actual[at];
  }
  if (wrong) {
    atomicMin(first, Sum{row});
  }
}

/// 16 bytes of the rounded product a thread, and as many elements of the exact one: 4 bytes read of
/// it for each 2. Both begin on a page and are padded to one.
template <NumberType Type>
__global__ void compare_rounded(const Chunk<NumberType::f32>* exact, const Chunk<Type>* rounded,
                                std::uint64_t elements, int shift, Sum* first) {
  constexpr unsigned k_count = Chunk<Type>::k_count;
  constexpr unsigned k_of_exact = Chunk<NumberType::f32>::k_count;
  const std::uint64_t chunk = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (chunk * k_count >= elements) {
    return;
  }
  const Chunk<Type> narrow = rounded[chunk];
  constexpr unsigned k_chunks = k_count / k_of_exact;
  Chunk<NumberType::f32> wide[k_chunks];
  ASSAY_UNROLL
  for (unsigned i = 0; i < k_chunks; ++i) {
    wide[i] = exact[chunk * k_chunks + i];
  }
  ASSAY_UNROLL
  for (unsigned i = 0; i < k_count; ++i) {
    const std::uint64_t at = chunk * k_count + i;
    const std::uint64_t bits = wide[i / k_of_exact].bits(i % k_of_exact);
    if (at < elements) {
      const auto integer = static_cast<std::int64_t>(value_of_bits(NumberType::f32, bits));
      if (narrow.bits(i) != bits_of_integer(Type, integer, shift)) {
        atomicMin(first, Sum{at});
      }
    }
  }
}

unsigned blocks_for(std::uint64_t threads) {
  return static_cast<unsigned>((threads + k_block - 1) / k_block);
}

Matrix matrix_of(const OperandView& operand, std::uint64_t rows, const GemmProblem& problem,
                 const std::array<double, Grades::k_period>& grades) {
  Matrix matrix{.data = operand.data,
                .rows = rows,
                .columns = problem.k,
                .leading = Operands::leading_of(problem),
                .undo = {},
                .scales = operand.scales};
  const double unit = unit_of(problem.input);
  std::transform(grades.begin(), grades.end(), matrix.undo,
                 [unit](double grade) { return 1.0 / (grade * unit); });
  return matrix;
}

Result<DeviceBuffer> zeros(std::uint64_t words) {
  return on_device(std::vector<std::uint64_t>(words, 0));
}

Result<std::optional<std::uint64_t>> read_first(const DeviceBuffer& first, cudaStream_t stream) {
  if (auto done = check(cudaStreamSynchronize(stream), "projection"); !done) {
    return done.error();
  }
  const auto found = on_host<std::uint64_t>(first, 1);
  if (!found) {
    return found.error();
  }
  return found->front() == k_none ? std::optional<std::uint64_t>() : found->front();
}

/// What the projections of one claim need.
struct Vectors {
  DeviceBuffer x, bx, abx, cx, bad, first;
};

Result<Vectors> vectors_for(const GemmProblem& problem, const Keyed& challenge,
                            std::uint32_t rounds) {
  auto x = on_device(draw_factors(challenge, rounds, problem.n));
  auto bx = zeros(rounds * problem.k);
  auto abx = zeros(rounds * problem.m);
  auto cx = zeros(rounds * problem.m);
  auto bad = zeros(problem.m);
  auto first = on_device(std::vector<std::uint64_t>{k_none});
  for (const auto* made : {&x, &bx, &abx, &cx, &bad, &first}) {
    if (!*made) {
      return made->error();
    }
  }
  return Vectors{std::move(*x),  std::move(*bx),  std::move(*abx),
                 std::move(*cx), std::move(*bad), std::move(*first)};
}

/// B x.
template <NumberType Type, std::uint32_t Rounds>
void project_b(const ProductClaim& claim, const Vectors& vectors, cudaStream_t stream) {
  const GemmProblem& problem = claim.problem;
  const Matrix b = matrix_of(claim.operands.b, problem.n, problem, claim.grades->of_b);
  constexpr unsigned k_count = ColumnChunk<Type>::k_count;
  const std::uint64_t chunks = (problem.k + k_count - 1) / k_count;
  const dim3 grid(blocks_for(chunks), static_cast<unsigned>((problem.n + k_slab - 1) / k_slab));
  const auto columns = project_columns<Type, Rounds>;
  ASSAY_LAUNCH(columns, grid, k_block, stream, b, vectors.x.as<Sum>(), vectors.bx.as<Sum>());
}

/// A (B x).
template <NumberType Type, std::uint32_t Rounds>
void project_a(const ProductClaim& claim, const Vectors& vectors, cudaStream_t stream) {
  const GemmProblem& problem = claim.problem;
  const Matrix a = matrix_of(claim.operands.a, problem.m, problem, claim.grades->of_a);
  const auto rows = project_rows<Type, Rounds>;
  ASSAY_LAUNCH(rows, blocks_for(problem.m * k_warp), k_block, stream, a, vectors.bx.as<Sum>(),
               vectors.abx.as<Sum>());
}

template <NumberType Output, std::uint32_t Rounds>
void project_product(const ProductClaim& claim, const Vectors& vectors, cudaStream_t stream) {
  const GemmProblem& problem = claim.problem;
  const Matrix c{.data = claim.c,
                 .rows = problem.m,
                 .columns = problem.n,
                 .leading = problem.n,
                 .undo = {},
                 .scales = {}};
  const auto output = project_output<Output, Rounds>;
  ASSAY_LAUNCH(output, blocks_for(problem.m * k_warp), k_block, stream, c, vectors.x.as<Sum>(),
               vectors.cx.as<Sum>(), most_output(problem), vectors.bad.as<std::uint32_t>());
}

}  // namespace

Result<std::optional<std::uint64_t>> first_wrong_row(const ProductClaim& claim,
                                                     const Keyed& challenge, cudaStream_t stream) {
  const GemmProblem& problem = claim.problem;
  const std::uint32_t rounds = rounds_of(problem.output);
  const auto vectors = vectors_for(problem, challenge, rounds);
  if (!vectors) {
    return vectors.error();
  }
  if (problem.input == NumberType::f64) {
    project_b<NumberType::f64, k_rounds_f64>(claim, *vectors, stream);
    project_a<NumberType::f64, k_rounds_f64>(claim, *vectors, stream);
    project_product<NumberType::f64, k_rounds_f64>(claim, *vectors, stream);
  } else {
    with_operand_type(element_of_b(problem.input), [&]<NumberType Type>() {
      project_b<Type, k_rounds>(claim, *vectors, stream);
    });
    with_operand_type(element_of_a(problem.input), [&]<NumberType Type>() {
      project_a<Type, k_rounds>(claim, *vectors, stream);
    });
    with_output_type(problem.output, [&]<NumberType Output>() {
      project_product<Output, k_rounds>(claim, *vectors, stream);
    });
  }
  const Residual residual{.expected = vectors->abx.as<Sum>(),
                          .actual = vectors->cx.as<Sum>(),
                          .bad = vectors->bad.as<std::uint32_t>(),
                          .rows = problem.m,
                          .rounds = rounds};
  ASSAY_LAUNCH(find_row, blocks_for(problem.m), k_block, stream, residual,
               vectors->first.as<Sum>());
  if (auto launched = check_launch("the projections"); !launched) {
    return launched.error();
  }
  return read_first(vectors->first, stream);
}

Result<std::optional<std::uint64_t>> first_not_rounded(const RoundedClaim& claim,
                                                       cudaStream_t stream) {
  auto first = on_device(std::vector<std::uint64_t>{k_none});
  if (!first) {
    return first.error();
  }
  const void* const exact = claim.exact;
  const void* const rounded = claim.rounded;
  bool compared = false;
  with_output_type(claim.type, [&]<NumberType Type>() {
    if constexpr (bytes_of(Type) == 2) {
      constexpr unsigned k_count = Chunk<Type>::k_count;
      ASSAY_LAUNCH(compare_rounded<Type>, blocks_for((claim.elements + k_count - 1) / k_count),
                   k_block, stream, static_cast<const Chunk<NumberType::f32>*>(exact),
                   static_cast<const Chunk<Type>*>(rounded), claim.elements, claim.shift,
                   first->as<Sum>());
      compared = true;
    }
  });
  if (!compared) {
    return Error{Error::Code::unsupported,
                 "no comparison of outputs of type " + std::string(name_of(claim.type))};
  }
  if (auto launched = check_launch("compare_rounded"); !launched) {
    return launched.error();
  }
  return read_first(*first, stream);
}

}  // namespace assay::cuda
