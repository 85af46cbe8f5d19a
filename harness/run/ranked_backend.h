// Backends with what they don't do by themselves: collectives are handed to ranks, files that fio
// is to move to fio, and those that a device is to move are laid out and checked by the host.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "harness/run/rank_job.h"
#include "kernels/backend.h"
#include "kernels/module.h"

namespace assay {

/// The host's, with ranks of MPI.
[[nodiscard]] std::unique_ptr<Backend> make_ranked_host_backend(RankLaunch launch);

/// That of a module, with a rank for each of its devices. Which one a rank gets is drawn from the
/// seed. `command` of the ranks is all that is taken from `launch`, and its limits. Fails as
/// load_backend().
[[nodiscard]] Result<LoadedBackend> load_ranked_backend(std::string_view name,
                                                        const std::string& module,
                                                        const RankLaunch& launch);

}  // namespace assay
