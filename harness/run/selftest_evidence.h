// The part of the self-test that reads campaigns: journals and reports that were tampered with.
#pragma once

#include <vector>

#include "harness/run/selftest.h"

namespace assay {

/// Makes a small campaign in a temporary folder and spoils copies of it.
[[nodiscard]] std::vector<SelftestCheck> check_evidence(const Digest& seed);

}  // namespace assay
