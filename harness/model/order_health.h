// The health of GPUs at one look: what their memory says. For as_ordered.cpp.
#pragma once

#include "harness/model/as_ordered.h"

namespace assay {

/// Adds what is wrong with each GPU now.
void compare_health_of_gpus(const Order& order, const MachineFacts& found, Comparison& comparison);

/// Of a first look: adds what isn't shown, but will be compared at the last one.
void require_baseline(const Order& order, const MachineFacts& found, Comparison& comparison);

}  // namespace assay
