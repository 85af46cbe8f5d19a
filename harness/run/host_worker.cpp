#include "harness/run/host_worker.h"

#include <string_view>
#include <utility>

#include "harness/run/gpu_inventory.h"
#include "harness/run/ranked_backend.h"
#include "harness/run/worker.h"

namespace assay {

int host_worker(std::vector<Case> cases, const HostWorker& choice) {
  WorkerWorld world;
  world.backends.push_back({.backend = make_ranked_host_backend(choice.ranks), .mark = ""});
  world.load = [&choice](std::string_view name) {
    return load_ranked_backend(name, choice.module, choice.ranks);
  };
  world.cases = std::move(cases);
  world.clock = &system_clock();
  world.probe = make_host_probe();
  world.inventory = choice.recording.empty() ? make_machine_inventory()
                                             : make_replayed_inventory(choice.recording);
  return worker_on_standard_streams(world);
}

}  // namespace assay
