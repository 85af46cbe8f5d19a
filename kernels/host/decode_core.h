// One step of decoding on the host: every key and value is read once for all queries that share it.
#pragma once

#include <memory>

#include "kernels/host/attention_core.h"

namespace assay {

/// Own loops, on any CPU: nothing of it can be missing.
[[nodiscard]] Result<std::unique_ptr<AttentionCore>> make_decode_core(
    const AttentionProblem& problem);

}  // namespace assay
