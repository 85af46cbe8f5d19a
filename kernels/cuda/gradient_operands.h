// What attention's backward pass reads on the device, and thousands of views of it. See
// kernels/attention_gradients.h.
#pragma once

#include <cstdint>

#include "kernels/attention_gradients.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/gradient_passes.h"

namespace assay::cuda {

class GradientOperands {
 public:
  [[nodiscard]] static std::uint64_t bytes_needed(const AttentionProblem& problem);
  /// Fills them on `stream`; fails as check() does. bf16 alone.
  [[nodiscard]] static Result<GradientOperands> generate(const AttentionProblem& problem,
                                                         const GradientPattern& pattern,
                                                         cudaStream_t stream);

  /// Precondition: tuple < k_attention_tuples.
  [[nodiscard]] GradientViews tuple(std::uint64_t tuple) const;

 private:
  AttentionProblem problem_;
  GradientRule rule_;
  DeviceBuffer q_, k_, v_, o_, d_o_, l_;
};

}  // namespace assay::cuda
