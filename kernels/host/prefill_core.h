// Prefill attention on the host: blocks of queries against blocks of keys, the scores of one block
// at a time (FlashAttention, arXiv 2205.14135).
#pragma once

#include <memory>

#include "kernels/host/attention_core.h"

namespace assay {

class PrefillCore : public AttentionCore {
 public:
  /// The same, and for the backward pass the logarithms of the sums of each row's weights, in bits
  /// (powers of two).
  virtual Result<Done> attend_keeping(const AttentionViews& operands, std::byte* o, float* l) = 0;
};

[[nodiscard]] Result<std::unique_ptr<PrefillCore>> make_prefill_core(
    const AttentionProblem& problem);
[[nodiscard]] Result<Done> prefill_core_supported(const AttentionProblem& problem);

}  // namespace assay
