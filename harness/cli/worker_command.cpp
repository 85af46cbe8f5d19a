// assay worker: started by the controller, not by people.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "harness/cli/commands.h"
#include "harness/run/worker.h"
#include "kernels/host/host_backend.h"
#include "kernels/module.h"

namespace assay {

void add_worker(CLI::App& app, const Shell& shell) {
  auto* command = app.add_subcommand("worker", "Inner: runs one job read from standard input");
  command->group("");
  const auto module = std::make_shared<std::string>();
  command->add_option("--module", *module, "File of the backend's module, and its settings");
  command->callback([&chosen = shell.chosen, module] {
    chosen = [module] {
      WorkerWorld world;
      world.backends.push_back({.backend = make_host_backend(), .mark = ""});
      world.load = [module](std::string_view name) {
        return load_backend(name, ModuleChoice::from(*module));
      };
      world.cases = all_cases();
      world.clock = &system_clock();
      world.probe = make_host_probe();
      return worker_on_standard_streams(world);
    };
  });
}

}  // namespace assay
