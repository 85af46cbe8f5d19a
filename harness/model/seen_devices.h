// Whether what was seen in a node, what was measured there and what was replaced are one story.
#pragma once

#include <vector>

#include "harness/model/evidence.h"

namespace assay {

/// Marks in `inconsistent` (by item) a node in which a device was seen that another node shows, or
/// that was replaced before; and an item that was measured with a device which the last look at its
/// node did not show, unless something in the node was replaced since.
void mark_contradictions(const std::vector<Item>& roster, const Evidence& evidence,
                         std::vector<bool>& inconsistent);

}  // namespace assay
