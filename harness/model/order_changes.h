// What became of a machine between its first look and a later one. For as_ordered.cpp.
#pragma once

#include "harness/model/as_ordered.h"

namespace assay {

/// Adds what changed though it must not, and what became worse. A fact that was shown and no longer
/// is is not shown; one that never was is not compared.
void compare_with_before(const Order& order, const MachineFacts& found, const MachineFacts& before,
                         Comparison& comparison);

}  // namespace assay
