// One run in a process of its own, so that a crash, hang or lost device costs a run only.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "harness/run/case.h"
#include "harness/run/clock.h"
#include "harness/run/gpu_inventory.h"
#include "harness/run/probe.h"
#include "kernels/backend.h"
#include "kernels/module.h"

namespace assay {

/// Everything of the outside that a worker touches.
struct WorkerWorld {
  std::vector<LoadedBackend> backends;
  /// Where a backend comes from that is not among these: a module. May be empty.
  std::function<Result<LoadedBackend>(std::string_view name)> load;
  std::vector<Case> cases;
  Clock* clock = nullptr;
  std::unique_ptr<Probe> probe;
  std::unique_ptr<Inventory> inventory;  ///< May be nullptr: nothing can be found then.
};

/// Reads one job from `in` and answers on `out` (both file descriptors), as messages.h says.
/// Returns the exit status: 0 if an answer was given, be it an error.
[[nodiscard]] int worker_main(const WorkerWorld& world, int in, int out);

/// As `assay worker`: stdin and stdout; what libraries print goes to stderr.
[[nodiscard]] int worker_on_standard_streams(const WorkerWorld& world);

}  // namespace assay
