// assay worker: started by the controller, not by people.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "harness/cli/commands.h"
#include "harness/run/host_worker.h"

namespace assay {

void add_worker(CLI::App& app, const Shell& shell) {
  auto* command = app.add_subcommand("worker", "Inner: runs one job read from standard input");
  command->group("");
  const auto module = std::make_shared<std::string>();
  command->add_option("--module", *module, "File of the backend's module, and its settings");
  command->callback([&chosen = shell.chosen, module] {
    chosen = [module] { return host_worker(all_cases(), *module); };
  });
}

}  // namespace assay
