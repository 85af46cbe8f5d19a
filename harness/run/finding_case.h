// A case that asks what is there: judged once, with the parameters that as_ordered() compares.
#pragma once

#include "harness/run/case.h"

namespace assay {

/// `base` says id, summary, formula and scopes. Precondition: is_finding(base.id).
[[nodiscard]] Case finding_case(Case base);

}  // namespace assay
