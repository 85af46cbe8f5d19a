#include "harness/run/host_worker.h"

#include <utility>

#include "harness/run/worker.h"
#include "kernels/host/host_backend.h"

namespace assay {

int host_worker(std::vector<Case> cases) {
  WorkerWorld world;
  world.backends.push_back(make_host_backend());
  world.cases = std::move(cases);
  world.clock = &system_clock();
  world.probe = make_host_probe();
  return worker_on_standard_streams(world);
}

}  // namespace assay
