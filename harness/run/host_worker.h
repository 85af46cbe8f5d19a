// The worker of a real machine: its clock, probes and inventory, the host's backend, and modules'.
#pragma once

#include <string>
#include <vector>

#include "harness/run/case.h"
#include "harness/run/rank_job.h"

namespace assay {

/// What a worker takes from elsewhere than this machine and this program.
struct HostWorker {
  std::string module;  ///< Of a backend that isn't the host's, see ModuleChoice::from; or "".
  std::string
      recording;     ///< File of the machine to replay in place of this one's inventory; or "".
  RankLaunch ranks;  ///< How ranks of a collective are started.
};

/// Runs one job from standard input, as `assay worker` does, with these cases. Returns the exit
/// status.
[[nodiscard]] int host_worker(std::vector<Case> cases, const HostWorker& choice = {});

}  // namespace assay
