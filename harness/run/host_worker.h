// The worker of a real machine: its clock and probes, the host's backend, and those of modules.
#pragma once

#include <string>
#include <vector>

#include "harness/run/case.h"

namespace assay {

/// Runs one job from standard input, as `assay worker` does, with these cases; `module` is that of
/// a backend that isn't the host's, see ModuleChoice::from. Returns the exit status.
[[nodiscard]] int host_worker(std::vector<Case> cases, const std::string& module = "");

}  // namespace assay
