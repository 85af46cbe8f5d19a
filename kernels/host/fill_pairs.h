// Operands of attention come in pairs of columns: see kernels/attention_plan.h.
#pragma once

#include <cstddef>
#include <functional>

#include "kernels/attention_plan.h"

namespace assay {

/// Stores pairs 0 .. count-1, on all threads.
void fill_pairs(NumberType type, std::uint64_t count, std::byte* data,
                const std::function<AttentionPattern::Pair(std::uint64_t)>& pair_at);

}  // namespace assay
