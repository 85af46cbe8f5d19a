#include "kernels/host/layer_operands.h"

#include <cmath>
#include <utility>

#include "kernels/host/host_type.h"
#include "kernels/host/parallel.h"
#include "kernels/keyed.h"

namespace assay {
namespace {

constexpr std::uint64_t k_weight_stream = 0x600;  // One for each matrix.
constexpr std::uint64_t k_token_stream = 0x610;   // Two for each rank.
constexpr std::uint64_t k_grain = std::uint64_t{1} << 14U;

std::uint64_t amplitude_of(NumberType type) {
  return type == NumberType::bf16 ? 255 : std::uint64_t{1} << 20U;
}

/// The power of two that brings the deviation of sums of `terms` such numbers times numbers of
/// deviation 1 to at most 0.9.
double scale_of(NumberType type, std::uint64_t terms) {
  const auto a = static_cast<double>(amplitude_of(type));
  const double deviation = std::sqrt((a + 1) * (2 * a + 1) / 6 * static_cast<double>(terms));
  return std::exp2(std::floor(std::log2(0.9 / deviation)));
}

Result<Buffer> filled(NumberType type, std::uint64_t elements, double scale, const Keyed& draw) {
  auto buffer = Buffer::of_bytes(elements * bytes_of(type));
  if (buffer) {
    const std::uint64_t amplitude = amplitude_of(type);
    parallel_ranges(elements, k_grain, [&](std::uint64_t first, std::uint64_t last) {
      for (std::uint64_t i = first; i < last; ++i) {
        store_element(type, buffer->data(), i,
                      scale * static_cast<double>(draw.nonzero(i, amplitude)));
      }
    });
  }
  return buffer;
}

std::uint64_t rows_with_windows(const TransformerProblem& problem) {
  return tokens_of(problem) + k_layer_windows;
}

}  // namespace

Natural LayerOperands::bytes_needed(const TransformerProblem& problem) {
  return (2 * Natural{rows_with_windows(problem)} * problem.hidden + weights_of(problem)) *
         bytes_of(problem.input);
}

Result<LayerOperands> LayerOperands::generate(const TransformerProblem& problem, std::uint32_t rank,
                                              const Seed& seed) {
  LayerOperands made;
  made.row_bytes_ = problem.hidden * bytes_of(problem.input);
  const std::uint64_t inner = attention_columns(problem);
  struct Matrix {
    Buffer* to;
    std::uint64_t rows, columns, terms, stream;
  };
  const std::uint64_t tokens = rows_with_windows(problem);
  const std::uint64_t own = k_token_stream + 2 * std::uint64_t{rank};
  for (const auto& [to, rows, columns, terms, stream] :
       {Matrix{&made.w_qkv_, problem.hidden, qkv_columns(problem), problem.hidden, k_weight_stream},
        Matrix{&made.w_o_, inner, problem.hidden, inner, k_weight_stream + 1},
        Matrix{&made.w_1_, problem.hidden, problem.ffn, problem.hidden, k_weight_stream + 2},
        Matrix{&made.w_2_, problem.ffn, problem.hidden, problem.ffn, k_weight_stream + 3},
        Matrix{&made.x_, tokens, problem.hidden, 1, own},
        Matrix{&made.dy_, tokens, problem.hidden, 1, own + 1}}) {
    auto buffer =
        filled(problem.input, rows * columns, scale_of(problem.input, terms), Keyed(seed, stream));
    if (!buffer) {
      return buffer.error();
    }
    *to = std::move(*buffer);
  }
  return made;
}

LayerViews LayerOperands::tuple(std::uint64_t tuple) const {
  return {.x = x_.data() + window_of_x(tuple) * row_bytes_,
          .dy = dy_.data() + window_of_dy(tuple) * row_bytes_,
          .w_qkv = w_qkv_.data(),
          .w_o = w_o_.data(),
          .w_1 = w_1_.data(),
          .w_2 = w_2_.data()};
}

}  // namespace assay
