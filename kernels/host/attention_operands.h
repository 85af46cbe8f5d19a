// Q, K and V on the host, and thousands of views of them.
#pragma once

#include <cstdint>
#include <optional>

#include "kernels/attention_plan.h"
#include "kernels/host/buffer.h"

namespace assay {

/// Where Q, K and V of one tuple begin. Rows are dense; behind the last row of each there are more,
/// so that whole blocks of rows can be read.
struct AttentionViews {
  const std::byte* q = nullptr;
  const std::byte* k = nullptr;
  const std::byte* v = nullptr;
};

class AttentionOperands {
 public:
  /// Rows behind the last of each, whatever the window.
  static constexpr std::uint64_t k_rows_behind = 256;

  [[nodiscard]] static std::uint64_t bytes_needed(const AttentionProblem& problem);
  [[nodiscard]] static Result<AttentionOperands> generate(const AttentionProblem& problem,
                                                          const AttentionPattern& pattern);

  /// Precondition: tuple < k_attention_tuples.
  [[nodiscard]] AttentionViews tuple(std::uint64_t tuple) const;

 private:
  AttentionProblem problem_;
  AttentionRule rule_;
  Buffer q_, k_, v_;
};

}  // namespace assay
