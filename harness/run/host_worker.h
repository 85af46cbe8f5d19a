// The worker of a real machine: the host's backend, clock and probes.
#pragma once

#include <vector>

#include "harness/run/case.h"

namespace assay {

/// Runs one job from standard input, as `assay worker` does, with these cases. Returns the exit
/// status.
[[nodiscard]] int host_worker(std::vector<Case> cases);

}  // namespace assay
