#include <algorithm>
#include <utility>

#include "kernels/cuda/elements.h"
#include "kernels/cuda/operands.h"
#include "kernels/keyed.h"

namespace assay::cuda {
namespace {

constexpr std::uint64_t k_a_scale_stream = 0x300;
constexpr std::uint64_t k_b_scale_stream = 0x400;

/// Element f is drawn under its index and multiplied with the grade of f % 16: rows are whole
/// periods apart, so that this is the grade of its k.
struct Filling {
  Keyed draw;
  std::uint64_t amplitude;
  std::uint64_t chunks;
  double grades[Grades::k_period];
};

/// Two of nvfp4 in a byte, the first one low: of each the sign and one of the codes 1 to 7.
__device__ std::uint8_t pair_of_codes(const Filling& filling, std::uint64_t f) {
  unsigned byte = 0;
  for (unsigned i = 0; i < 2; ++i) {
    const std::int64_t code = filling.draw.nonzero(f + i, filling.amplitude);
    byte |= static_cast<unsigned>(code < 0 ? 8 - code : code) << (4 * i);
  }
  return static_cast<std::uint8_t>(byte);
}

/// Writes 16 bytes a thread. Untimed.
template <NumberType Type>
__global__ void fill(Chunk<Type>* to, Filling filling) {
  const std::uint64_t chunk = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (chunk >= filling.chunks) {
    return;
  }
  Chunk<Type> made;
  constexpr unsigned k_packed = Chunk<Type>::k_packed;
  for (unsigned i = 0; i < Chunk<Type>::k_count / k_packed; ++i) {
    const std::uint64_t f = chunk * Chunk<Type>::k_count + i * k_packed;
    if constexpr (k_packed == 2) {
      made.elements[i] = pair_of_codes(filling, f);
    } else if constexpr (is_integer(Type)) {
      const std::int64_t integer = filling.draw.nonzero(f, filling.amplitude);
      made.elements[i] = static_cast<Stored<Type>>(bits_of_integer(Type, integer));
    } else {
      const std::int64_t integer = filling.draw.nonzero(f, filling.amplitude);
      const double value = static_cast<double>(integer) * filling.grades[f % Grades::k_period];
      made.elements[i] = static_cast<Stored<Type>>(rounded_bits(Type, value));
    }
  }
  to[chunk] = made;
}

/// Scales of whole tiles, also for rows and blocks beyond the matrix, which a library may read.
struct ScaleFilling {
  Keyed draw;
  std::uint64_t largest;
  std::uint64_t chunks;
};

/// Writes 16 scales a thread: whole numbers up to the largest for nvfp4, powers of two for mxfp8.
template <NumberType Type>
__global__ void fill_scales(Chunk<NumberType::s8>* to, ScaleFilling filling) {
  const std::uint64_t chunk = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (chunk >= filling.chunks) {
    return;
  }
  constexpr bool k_powers = Type == NumberType::mxfp8_e4m3;
  const auto kinds =
      k_powers ? static_cast<std::uint64_t>(std::bit_width(filling.largest)) : filling.largest;
  Chunk<NumberType::s8> made;
  for (unsigned i = 0; i < 16; ++i) {
    const std::uint64_t drawn = filling.draw.below(chunk * 16 + i, kinds);
    made.elements[i] = bits_of_scale(Type, k_powers ? std::uint64_t{1} << drawn : drawn + 1);
  }
  to[chunk] = made;
}

std::uint64_t bytes_of_a(const GemmProblem& problem) {
  return problem.m * packed_bytes(problem.input, Operands::leading_of(problem)) +
         (k_windows_a - 1) * k_windows_b * Operands::k_alignment;
}

std::uint64_t bytes_of_b(const GemmProblem& problem) {
  return problem.n * packed_bytes(problem.input, Operands::leading_of(problem)) +
         (k_windows_b - 1) * Operands::k_alignment;
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

/// Nothing for types without scales.
Result<DeviceBuffer> scales_for(const GemmProblem& problem, const ScaleFilling& filling,
                                cudaStream_t stream) {
  if (filling.chunks == 0) {
    return DeviceBuffer();
  }
  auto buffer = DeviceBuffer::of_bytes(filling.chunks * 16);
  if (!buffer) {
    return buffer;
  }
  const auto blocks = static_cast<unsigned>((filling.chunks + k_block - 1) / k_block);
  auto* const to = buffer->as<Chunk<NumberType::s8>>();
  if (problem.input == NumberType::nvfp4) {
    ASSAY_LAUNCH(fill_scales<NumberType::nvfp4>, blocks, k_block, stream, to, filling);
  } else {
    ASSAY_LAUNCH(fill_scales<NumberType::mxfp8_e4m3>, blocks, k_block, stream, to, filling);
  }
  if (auto launched = check_launch("fill_scales"); !launched) {
    return launched.error();
  }
  return buffer;
}

}  // namespace

std::uint64_t Operands::leading_of(const GemmProblem& problem) {
  const std::uint64_t unit =
      problem.input == NumberType::nvfp4 ? 2 * k_alignment : k_alignment / bytes_of(problem.input);
  return (problem.k + unit - 1) / unit * unit;
}

std::uint64_t Operands::bytes_needed(const GemmProblem& problem) {
  return k_operand_matrices * (bytes_of_a(problem) + bytes_of_b(problem) +
                               scale_bytes(problem.input, problem.m, problem.k) +
                               scale_bytes(problem.input, problem.n, problem.k));
}

Result<Operands> Operands::generate(const GemmProblem& problem, const ExactOperands& rule,
                                    const Seed& seed, cudaStream_t stream) {
  Operands made;
  made.grades_ = draw_grades(seed, rule.largest_grade);
  made.tiles_along_ =
      scale_block_of(problem.input) == 0 ? 0 : scale_tiles_along(problem.input, problem.k);
  const auto scales = [&](std::uint64_t name, std::uint64_t rows) {
    return scales_for(problem,
                      {.draw = Keyed(seed, name),
                       .largest = rule.largest_scale,
                       .chunks = scale_bytes(problem.input, rows, problem.k) / 16},
                      stream);
  };
  for (std::uint64_t i = 0; i < k_operand_matrices; ++i) {
    const std::size_t group = i / 2;
    auto a = filled(element_of_a(problem.input),
                    filling_of(Keyed(seed, k_a_stream + i), rule.a.at(group), bytes_of_a(problem),
                               made.grades_.of_a),
                    stream);
    auto b = filled(element_of_b(problem.input),
                    filling_of(Keyed(seed, k_b_stream + i), rule.b.at(group), bytes_of_b(problem),
                               made.grades_.of_b),
                    stream);
    auto a_scales = scales(k_a_scale_stream + i, problem.m);
    auto b_scales = scales(k_b_scale_stream + i, problem.n);
    for (const auto* filled : {&a, &b, &a_scales, &b_scales}) {
      if (!*filled) {
        return filled->error();
      }
    }
    made.a_scales_.at(i) = std::move(*a_scales);
    made.b_scales_.at(i) = std::move(*b_scales);
    made.a_.at(i) = std::move(*a);
    made.b_.at(i) = std::move(*b);
  }
  return Result<Operands>(std::move(made));
}

OperandPair Operands::tuple(std::uint64_t index) const {
  const TuplePlace place = place_of(index);
  const auto scales = [this](const DeviceBuffer& of) {
    return Scales{.data = of.as<std::uint8_t>(), .tiles_along = tiles_along_};
  };
  return {.a = {.data = a_.at(place.matrix_a).data() + place.window_a * k_windows_b * k_alignment,
                .scales = scales(a_scales_.at(place.matrix_a))},
          .b = {.data = b_.at(place.matrix_b).data() + place.window_b * k_alignment,
                .scales = scales(b_scales_.at(place.matrix_b))}};
}

}  // namespace assay::cuda
