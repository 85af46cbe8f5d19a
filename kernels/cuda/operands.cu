#include <algorithm>
#include <utility>

#include "kernels/cuda/elements.h"
#include "kernels/cuda/operands.h"
#include "kernels/keyed.h"

namespace assay::cuda {
namespace {

/// Element f is drawn under its index and multiplied with the grade of f % 16: rows are whole
/// periods apart, so that this is the grade of its k.
struct Filling {
  Keyed draw;
  std::uint64_t amplitude;
  std::uint64_t chunks;
  double grades[Grades::k_period];
};

/// Writes 16 bytes a thread; a draw takes about 30 integer operations. Untimed.
template <NumberType Type>
__global__ void fill(Chunk<Type>* to, Filling filling) {
  const std::uint64_t chunk = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (chunk >= filling.chunks) {
    return;
  }
  Chunk<Type> made;
  for (unsigned i = 0; i < Chunk<Type>::k_count; ++i) {
    const std::uint64_t f = chunk * Chunk<Type>::k_count + i;
    const std::int64_t integer = filling.draw.nonzero(f, filling.amplitude);
    if constexpr (is_integer(Type)) {
      made.elements[i] = static_cast<Stored<Type>>(bits_of_integer(Type, integer));
    } else {
      const double value = static_cast<double>(integer) * filling.grades[f % Grades::k_period];
      made.elements[i] = static_cast<Stored<Type>>(rounded_bits(Type, value));
    }
  }
  to[chunk] = made;
}

std::uint64_t elements_of_a(const GemmProblem& problem) {
  const std::uint64_t unit = Operands::k_alignment / bytes_of(problem.input);
  return problem.m * Operands::leading_of(problem) + (k_windows_a - 1) * k_windows_b * unit;
}

std::uint64_t elements_of_b(const GemmProblem& problem) {
  const std::uint64_t unit = Operands::k_alignment / bytes_of(problem.input);
  return problem.n * Operands::leading_of(problem) + (k_windows_b - 1) * unit;
}

Filling filling_of(const Keyed& draw, std::uint64_t amplitude, std::uint64_t bytes,
                   const std::array<double, Grades::k_period>& grades) {
  Filling filling{.draw = draw, .amplitude = amplitude, .chunks = bytes / 16, .grades = {}};
  std::copy(grades.begin(), grades.end(), filling.grades);
  return filling;
}

Result<DeviceBuffer> filled(NumberType type, const Filling& filling, cudaStream_t stream) {
  auto buffer = DeviceBuffer::of_bytes(filling.chunks * 16);
  if (!buffer) {
    return buffer;
  }
  const auto blocks = static_cast<unsigned>((filling.chunks + k_block - 1) / k_block);
  const bool known = with_operand_type(type, [&]<NumberType Type>() {
    ASSAY_LAUNCH(fill<Type>, blocks, k_block, stream, buffer->as<Chunk<Type>>(), filling);
  });
  if (!known) {
    return Error{Error::Code::unsupported,
                 "no operands of type " + std::string(name_of(type)) + " on cuda"};
  }
  if (auto launched = check_launch("fill"); !launched) {
    return launched.error();
  }
  return buffer;
}

}  // namespace

std::uint64_t Operands::leading_of(const GemmProblem& problem) {
  const std::uint64_t unit = k_alignment / bytes_of(problem.input);
  return (problem.k + unit - 1) / unit * unit;
}

std::uint64_t Operands::bytes_needed(const GemmProblem& problem) {
  return k_operand_matrices * (elements_of_a(problem) + elements_of_b(problem)) *
         bytes_of(problem.input);
}

Result<Operands> Operands::generate(const GemmProblem& problem, const ExactOperands& rule,
                                    const Seed& seed, cudaStream_t stream) {
  Operands made;
  made.grades_ = draw_grades(seed, rule.largest_grade);
  const std::uint64_t element = bytes_of(problem.input);
  for (std::uint64_t i = 0; i < k_operand_matrices; ++i) {
    const std::size_t group = i / 2;
    auto a = filled(problem.input,
                    filling_of(Keyed(seed, k_a_stream + i), rule.a.at(group),
                               elements_of_a(problem) * element, made.grades_.of_a),
                    stream);
    auto b = filled(problem.input,
                    filling_of(Keyed(seed, k_b_stream + i), rule.b.at(group),
                               elements_of_b(problem) * element, made.grades_.of_b),
                    stream);
    if (!a || !b) {
      return a ? b.error() : a.error();
    }
    made.a_.at(i) = std::move(*a);
    made.b_.at(i) = std::move(*b);
  }
  return Result<Operands>(std::move(made));
}

OperandPair Operands::tuple(std::uint64_t index) const {
  const TuplePlace place = place_of(index);
  return {.a = a_.at(place.matrix_a).data() + place.window_a * k_windows_b * k_alignment,
          .b = b_.at(place.matrix_b).data() + place.window_b * k_alignment};
}

}  // namespace assay::cuda
