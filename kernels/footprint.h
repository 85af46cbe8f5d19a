// How much memory a problem needs wherever it runs: enough to refuse what can't fit, before a
// machine is asked.
#pragma once

#include <optional>

#include "kernels/backend.h"

namespace assay {

/// Bytes: one set of operands and one slot of the output, or the arrays, or
/// what a device holds of a copy. Backends keep more of
/// each, so that no step repeats another. None where the machine's caches decide.
[[nodiscard]] std::optional<Natural> least_bytes(const Problem& problem);

}  // namespace assay
