// What attention's backward pass reads on the host, and thousands of views of it.
#pragma once

#include "kernels/attention_gradients.h"
#include "kernels/host/buffer.h"

namespace assay {

/// Where the operands of one tuple begin. Rows are dense; behind the last row of each there are
/// more, so that whole blocks of rows can be read.
struct GradientViews {
  const std::byte* q = nullptr;
  const std::byte* k = nullptr;
  const std::byte* v = nullptr;
  const std::byte* o = nullptr;
  const std::byte* d_o = nullptr;
  const float* l = nullptr;  ///< Of each row of Q, in bits (powers of two).
};

class GradientOperands {
 public:
  /// Rows behind the last of each, whatever the window.
  static constexpr std::uint64_t k_rows_behind = 256;

  [[nodiscard]] static std::uint64_t bytes_needed(const AttentionProblem& problem);
  [[nodiscard]] static Result<GradientOperands> generate(const AttentionProblem& problem,
                                                         const GradientPattern& pattern);

  /// Precondition: tuple < k_attention_tuples.
  [[nodiscard]] GradientViews tuple(std::uint64_t tuple) const;

 private:
  AttentionProblem problem_;
  GradientRule rule_;
  Buffer q_, k_, v_, o_, d_o_, l_;
};

}  // namespace assay
