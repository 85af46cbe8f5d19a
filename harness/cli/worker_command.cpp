// assay worker: started by the controller, not by people.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "harness/cli/commands.h"
#include "harness/run/worker.h"
#include "kernels/host/host_backend.h"

namespace assay {

void add_worker(CLI::App& app, const Shell& shell) {
  auto* command = app.add_subcommand("worker", "Inner: runs one job read from standard input");
  command->group("");
  const auto recording = std::make_shared<std::string>();
  command->add_option("--replay-machine", *recording, "File of a recorded machine");
  command->callback([&chosen = shell.chosen, recording] {
    chosen = [recording] {
      WorkerWorld world;
      world.backends.push_back(make_host_backend());
      world.cases = all_cases();
      world.clock = &system_clock();
      world.probe = make_host_probe();
      world.inventory =
          recording->empty() ? make_machine_inventory() : make_replayed_inventory(*recording);
      return worker_on_standard_streams(world);
    };
  });
}

}  // namespace assay
