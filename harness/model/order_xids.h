// What the kernel log says of GPUs. For as_ordered.cpp.
#pragma once

#include "harness/model/as_ordered.h"

namespace assay {

/// Adds each Xid that fails a GPU, with its raw line, and those that count beyond what is allowed.
/// Of clauses on single GPUs only those of that GPU, by its PCI address. Xids of both looks count,
/// each record once. Where the log doesn't hold all that was logged since the first look, that is
/// not shown. `before`: nullptr for the first look itself.
void compare_xids(const Order& order, const MachineFacts& found, const MachineFacts* before,
                  Comparison& comparison);

}  // namespace assay
