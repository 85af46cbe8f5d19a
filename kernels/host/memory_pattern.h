// Compares memory with what a pass must have written, with the widest vectors of this CPU.
#pragma once

#include <cstdint>

#include "kernels/memory_plan.h"

namespace assay {

/// The first index in first .. last-1 at which `to` differs from the pattern; `last` if none.
[[nodiscard]] std::uint64_t first_difference(const memory::Pattern& pattern,
                                             const memory::Shift& shift, const std::uint64_t* to,
                                             std::uint64_t first, std::uint64_t last);

}  // namespace assay
