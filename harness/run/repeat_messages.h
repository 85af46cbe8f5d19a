// Controller and worker on a step that is done again: what is asked, and what came of it.
#pragma once

#include "harness/run/repeat.h"
#include "reports/json.h"
#include "reports/members.h"

namespace assay {

[[nodiscard]] Json::Object json_of(const RepeatPlan& plan);
[[nodiscard]] Json::Object json_of(const Repeated& repeated);

/// Failures are recorded in the members.
[[nodiscard]] Step read_step(Members& members);
[[nodiscard]] RepeatPlan read_repeat_plan(Members& job);
[[nodiscard]] Repeated read_repeated(Members& answer);

}  // namespace assay
