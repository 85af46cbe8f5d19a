// The parameter `array_mib` of cases that work on arrays.
#pragma once

#include <cstdint>

#include "harness/run/case.h"

namespace assay {

/// Bytes of each array; 0, as backends take it, for "4x_llc": four times the last-level caches.
/// Fails with bad_input beyond 16 TiB.
[[nodiscard]] Result<std::uint64_t> array_bytes_of(const Params& params);

}  // namespace assay
