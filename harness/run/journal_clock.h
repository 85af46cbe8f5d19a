// Whether a journal can be gone on with by this machine's clock.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/model/result.h"
#include "reports/json.h"

namespace assay {

/// A clock that was set back would make a journal that nobody can read: fails with bad_input before
/// anything of it is written.
[[nodiscard]] Result<Done> check_clock(const std::vector<Json>& lines, std::int64_t utc_ns);

}  // namespace assay
