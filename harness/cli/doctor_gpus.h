// What `assay doctor` says of the GPUs that the driver sees.
#pragma once

#include "harness/cli/console.h"
#include "harness/model/gpu_facts.h"
#include "harness/model/result.h"
#include "reports/json.h"

namespace assay {

/// One line for each GPU, or the one sentence why there is none.
void print_gpus(const Console& console, const Result<MachineFacts>& found);
/// All facts, or the reason.
[[nodiscard]] Json gpus_json(const Result<MachineFacts>& found);

}  // namespace assay
