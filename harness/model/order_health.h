// The health of GPUs: what their memory, links and the kernel log say. For as_ordered.cpp.
#pragma once

#include "harness/model/as_ordered.h"

namespace assay {

/// Adds what is wrong with each GPU now, and what became worse since `before`.
void compare_health_of_gpus(const Order& order, const MachineFacts& found,
                            const MachineFacts* before, Comparison& comparison);

/// Adds each Xid that fails a GPU, with its raw line, and those that count beyond what is allowed.
/// Of clauses on single GPUs only those of that GPU.
void compare_xids(const Order& order, const MachineFacts& found, Comparison& comparison);

}  // namespace assay
