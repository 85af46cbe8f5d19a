// The buyer's risk under a rule, computed exactly.
#pragma once

#include <optional>

#include "harness/model/contract.h"
#include "harness/model/exact.h"

namespace assay {

/// The chance that a sign-count rule accepts an item whose median run is exactly at the limit, so
/// that each run misses it with chance 1/2. None for rules that count no runs.
[[nodiscard]] std::optional<Ratio> false_accept(Rule rule);

}  // namespace assay
