#include <bit>
#include <utility>

#include "kernels/cuda/attention_operands.h"
#include "kernels/cuda/warp_matrix.h"
#include "kernels/number_bits.h"

namespace assay::cuda {
namespace {

/// A whole number of at most 8 bits: exact.
__device__ std::uint32_t as_bf16(std::int64_t value) {
  return std::bit_cast<std::uint32_t>(static_cast<float>(value)) >> 16U;
}

/// Writes 16 bytes a thread. Untimed.
template <PatternPart Part>
__global__ void fill_operand(const AttentionPattern* pattern, Sixteen* to, std::uint64_t chunks,
                             std::uint64_t first) {
  const std::uint64_t chunk = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (chunk >= chunks) {
    return;
  }
  Sixteen made;
  ASSAY_UNROLL
  for (unsigned i = 0; i < 4; ++i) {
    const std::uint64_t pair = first + 4 * chunk + i;
    AttentionPattern::Pair both;
    if constexpr (Part == PatternPart::query_pairs) {
      both = pattern->query_pair(pair);
    } else if constexpr (Part == PatternPart::key_pairs) {
      both = pattern->key_pair(pair);
    } else {
      both = {.first = pattern->value(2 * pair), .second = pattern->value(2 * pair + 1)};
    }
    made.words[i] = as_bf16(both.first) | as_bf16(both.second) << 16U;
  }
  to[chunk] = made;
}

struct Elements {
  std::uint64_t q = 0, k = 0, v = 0;
};

/// As many as all windows together see: nothing reads beyond.
Elements elements_of(const AttentionProblem& problem) {
  return {.q = (query_rows(problem) + k_query_rows_slack) * problem.head_dim,
          .k = key_rows(problem) * problem.head_dim,
          .v = (key_rows(problem) + k_attention_tuples) * problem.value_dim};
}

}  // namespace

Result<DeviceBuffer> filled_operand(const AttentionPattern* pattern, PatternPart part,
                                    std::uint64_t elements, cudaStream_t stream,
                                    std::uint64_t first) {
  using enum PatternPart;
  const std::uint64_t chunks = elements / 8;
  auto buffer = DeviceBuffer::of_bytes(chunks * sizeof(Sixteen));
  if (!buffer) {
    return buffer;
  }
  const auto blocks = static_cast<unsigned>((chunks + k_block - 1) / k_block);
  const auto kernel = part == query_pairs ? fill_operand<query_pairs>
                      : part == key_pairs ? fill_operand<key_pairs>
                                          : fill_operand<values>;
  ASSAY_LAUNCH(kernel, blocks, k_block, stream, pattern, buffer->as<Sixteen>(), chunks, first);
  if (auto launched = check_launch("fill_operand"); !launched) {
    return launched.error();
  }
  return buffer;
}

std::uint64_t AttentionOperands::bytes_needed(const AttentionProblem& problem) {
  const Elements elements = elements_of(problem);
  return (elements.q + elements.k + elements.v) * bytes_of(problem.input);
}

Result<AttentionOperands> AttentionOperands::generate(const AttentionProblem& problem,
                                                      const AttentionPattern& pattern,
                                                      cudaStream_t stream) {
  AttentionOperands made;
  made.problem_ = problem;
  made.rule_ = pattern.rule();
  const auto drawn = on_device(std::vector<AttentionPattern>{pattern});
  if (!drawn) {
    return drawn.error();
  }
  const Elements elements = elements_of(problem);
  const auto* const from = drawn->as<AttentionPattern>();
  auto q = filled_operand(from, PatternPart::query_pairs, elements.q, stream);
  auto k = filled_operand(from, PatternPart::key_pairs, elements.k, stream);
  auto v = filled_operand(from, PatternPart::values, elements.v, stream);
  for (const auto* filled : {&q, &k, &v}) {
    if (!*filled) {
      return filled->error();
    }
  }
  // The pattern is read until they are full.
  if (auto done = check(cudaStreamSynchronize(stream), "filling of operands"); !done) {
    return done.error();
  }
  made.q_ = std::move(*q);
  made.k_ = std::move(*k);
  made.v_ = std::move(*v);
  return Result<AttentionOperands>(std::move(made));
}

AttentionViews AttentionOperands::tuple(std::uint64_t tuple) const {
  const AttentionTuple place = attention_tuple(rule_, tuple);
  const std::uint64_t element = bytes_of(problem_.input);
  const std::uint64_t block = problem_.head_dim / rule_.live;  // Elements.
  return {.q = q_.data() + place.query_blocks * block * element,
          .k = k_.data(),
          .v = v_.data() + place.value_rows * problem_.value_dim * element};
}

}  // namespace assay::cuda
