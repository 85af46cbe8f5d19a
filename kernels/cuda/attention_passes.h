// Attention by own kernels on the tensor cores that every GPU from sm_80 on has (mma.sync): the
// control that a library's is held against, and what is measured.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/attention_plan.h"
#include "kernels/backend.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/least_work.h"

namespace assay::cuda {

/// Where Q, K and V begin: dense rows, aligned to 16 bytes.
struct AttentionViews {
  const std::byte* q = nullptr;
  const std::byte* k = nullptr;
  const std::byte* v = nullptr;
};

/// How a step of decoding is cut up, so that all multiprocessors have something to read. Each part
/// of a group's keys has its own maximum, sum and weighted sums, which are put together afterwards.
struct DecodePlan {
  std::uint64_t splits = 1;      ///< Parts of the keys of a sequence.
  std::uint64_t split_keys = 0;  ///< Of each, a multiple of k_decode_keys; fewer of the last.
  std::uint64_t tiles = 1;       ///< Of up to k_decode_rows heads each that share keys.

  [[nodiscard]] static DecodePlan of(const AttentionProblem& problem,
                                     std::uint32_t multiprocessors);
  /// f32 numbers of what the parts leave: value_dim weighted sums of each head's each part, then
  /// their maxima and sums.
  [[nodiscard]] std::uint64_t partial_numbers(const AttentionProblem& problem) const;
  [[nodiscard]] std::uint64_t blocks(const AttentionProblem& problem) const;  ///< Of threads.
};
inline constexpr std::uint64_t k_decode_rows = 16;
inline constexpr std::uint64_t k_decode_keys = 128;  ///< Of a block of threads at a time.

/// One step. bf16 alone.
struct AttentionPass {
  AttentionProblem problem;
  AttentionViews operands;
  std::byte* to = nullptr;
  std::uint64_t to_words = 0;  ///< 64 bits each.
  DecodePlan plan;             ///< Of decoding.
  float* partials = nullptr;   ///< Of decoding.
};

/// Queues it on the stream. Fails as check() does.
[[nodiscard]] Result<Done> prefill(const AttentionPass& pass, cudaStream_t stream);
[[nodiscard]] Result<Done> decode(const AttentionPass& pass, cudaStream_t stream);
/// The one of the two that the problem asks for.
[[nodiscard]] inline Result<Done> attend_by_own(const AttentionPass& pass, cudaStream_t stream) {
  return pass.problem.pass == AttentionProblem::Pass::decode ? decode(pass, stream)
                                                             : prefill(pass, stream);
}

/// Blocks of threads.
[[nodiscard]] std::uint64_t prefill_blocks(const AttentionProblem& problem);

/// Of a prefill: Q, K, V and O each once. Of each score that the mask leaves some 12 instructions
/// of softmax, and for each 2048 multiply-adds one mma and half a load of matrices, of 32 threads
/// each. What tensor cores take is not counted.
[[nodiscard]] inline LeastWork least_of_prefill(const AttentionProblem& problem) {
  const auto queries = static_cast<double>(query_rows(problem));
  const auto keys = static_cast<double>(key_rows(problem));
  const auto seq = static_cast<double>(problem.seq);
  const auto columns = static_cast<double>(problem.head_dim + problem.value_dim);
  const double scores = queries * (problem.causal ? (seq + 1) / 2 : seq);
  return {.bytes = 2 * (queries + keys) * columns,
          .instructions = scores * (12 + 1.5 * 32 * columns / 2048),
          .rounds = 2};
}

/// Of a step of decoding: K and V once. For each 16 keys, 8 columns and up to 16 heads a mma and
/// two more instructions that load or permute; for each key 32 of its scores and softmax; of 32
/// threads each.
[[nodiscard]] inline LeastWork least_of_decode(const AttentionProblem& problem) {
  const auto keys = static_cast<double>(key_rows(problem));
  const std::uint64_t sharing = problem.heads / problem.kv_heads;
  const auto group = static_cast<double>(sharing);
  const double tiles = (group + 15) / 16;
  const auto columns = static_cast<double>(problem.head_dim + problem.value_dim);
  return {.bytes = 2 * keys * columns,
          .instructions = tiles * keys * (columns / 8 * 32 / 16 * 3 + 32),
          .rounds = 2};
}

}  // namespace assay::cuda
