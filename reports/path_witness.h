// Whether messages between ranks went the way that a clause states, by counters that know nothing
// of MPI or NCCL.
#pragma once

#include <string>
#include <string_view>

#include "harness/model/contract.h"
#include "harness/model/natural.h"
#include "reports/readings.h"

namespace assay {

/// The one reason for which bytes over verbs may be missing: no such device could have counted.
inline constexpr std::string_view k_no_verbs_device = "this host has no verbs device";

[[nodiscard]] bool needs_path_witness(std::string_view case_id);

/// Why the telemetry of a window doesn't show that its messages went by params.path, in one
/// sentence without its full stop; "" if it does. `steps`: calls in the window. At least 0.98 of
/// the bytes must be counted by what the path is made of, and nothing else may have counted more
/// than 1 %; of shared memory nothing may, and none but hosts can show it. A telemetry that speaks
/// of NVLink is one of GPUs.
[[nodiscard]] std::string path_fault_of(const Params& params, const Readings& telemetry,
                                        Natural steps);

}  // namespace assay
