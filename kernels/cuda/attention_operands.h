// Q, K and V on the device, and thousands of views of them. See kernels/attention_plan.h.
#pragma once

#include <cstdint>

#include "kernels/attention_plan.h"
#include "kernels/cuda/attention_passes.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/least_work.h"

namespace assay::cuda {

/// Filling Q, K or V: every byte written once, a number drawn and some 20 instructions for each of
/// its elements.
[[nodiscard]] constexpr LeastWork least_of_attention_operand(double elements) {
  return {.bytes = 2 * elements, .instructions = (k_draw_instructions + 20) * elements};
}

/// What of a pattern a matrix is filled with.
enum class PatternPart { query_pairs, key_pairs, values };

/// `elements` of them on the device, a multiple of eight, from pair `first` on (values count by
/// twos). `pattern` is on the device and is read until the stream has come so far. bf16 alone.
/// Fails as check() does.
[[nodiscard]] Result<DeviceBuffer> filled_operand(const AttentionPattern* pattern, PatternPart part,
                                                  std::uint64_t elements, cudaStream_t stream,
                                                  std::uint64_t first = 0);

class AttentionOperands {
 public:
  [[nodiscard]] static std::uint64_t bytes_needed(const AttentionProblem& problem);
  /// Fills them on `stream`; fails as check() does. bf16 alone.
  [[nodiscard]] static Result<AttentionOperands> generate(const AttentionProblem& problem,
                                                          const AttentionPattern& pattern,
                                                          cudaStream_t stream);

  /// Precondition: tuple < k_attention_tuples.
  [[nodiscard]] AttentionViews tuple(std::uint64_t tuple) const;

 private:
  AttentionProblem problem_;
  AttentionRule rule_;
  DeviceBuffer q_, k_, v_;
};

}  // namespace assay::cuda
