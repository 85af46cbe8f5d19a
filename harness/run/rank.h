// One rank of a collective: a process that a launcher of MPI, or its worker, starts beside others.
#pragma once

#include <string>

#include "harness/run/device_rank_answers.h"

namespace assay {

/// As `assay rank`: connects to the worker's socket, does what it is told, and ends with it.
/// Returns the exit status, by which nobody judges. `module`: see ModuleChoice::from.
/// `device`: of a rank on a device; its module is its backend's, else that of MPI.
[[nodiscard]] int rank_main(const std::string& socket, const std::string& module,
                            const DeviceRankChoice& device = {});

}  // namespace assay
