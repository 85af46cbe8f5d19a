// Prefill attention on the host: blocks of queries against blocks of keys, the scores of one block
// at a time (FlashAttention, arXiv 2205.14135).
#pragma once

#include <memory>

#include "kernels/host/attention_core.h"

namespace assay {

[[nodiscard]] Result<std::unique_ptr<AttentionCore>> make_prefill_core(
    const AttentionProblem& problem);
[[nodiscard]] Result<Done> prefill_core_supported(const AttentionProblem& problem);

}  // namespace assay
