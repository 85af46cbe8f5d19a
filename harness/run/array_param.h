// Parameters that are sizes in MiB.
#pragma once

#include <cstdint>

#include "harness/run/case.h"

namespace assay {

/// Bytes, of the parameter with this name. Fails with bad_input beyond 16 TiB.
[[nodiscard]] Result<std::uint64_t> bytes_of_mib(const Params& params, const char* name);

/// Bytes of each array; 0, as backends take it, for "4x_llc": four times the last-level caches.
/// Fails with bad_input beyond 16 TiB.
[[nodiscard]] Result<std::uint64_t> array_bytes_of(const Params& params);

}  // namespace assay
