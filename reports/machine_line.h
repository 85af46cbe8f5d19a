// A journal's `machine` line: what a node says that it is, and what its workers are given.
#pragma once

#include "harness/model/result.h"
#include "reports/json.h"

namespace assay {

/// Refers to the line, which must outlive it.
struct MachineLine {
  const Json* inventory = nullptr;
  const Json* environment = nullptr;
  const Json* objects = nullptr;
};

/// Fails with bad_input, naming the member: also for an environment variable that no worker is
/// given, since it may have changed what was measured.
[[nodiscard]] Result<MachineLine> read_machine_line(const Json& line);

}  // namespace assay
