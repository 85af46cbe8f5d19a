// Whether what was seen in a node, what was measured there and what was replaced are one story.
#pragma once

#include <vector>

#include "harness/model/evidence.h"

namespace assay {

/// Marks in `inconsistent` (by item) a node that shows a device or a start of its kernel which
/// another node shows, or a device that was replaced before; and an item that was measured with a
/// device which the last look at its node that showed any did not show, unless something in the
/// node was replaced since.
void mark_contradictions(const std::vector<Item>& roster, const Evidence& evidence,
                         std::vector<bool>& inconsistent);

}  // namespace assay
