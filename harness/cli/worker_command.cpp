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
  const auto choice = std::make_shared<HostWorker>();
  command->add_option("--module", choice->module, "File of the backend's module, and its settings");
  command->add_option("--replay-machine", choice->recording, "File of a recorded machine");
  command->callback([&chosen = shell.chosen, choice] {
    chosen = [choice] { return host_worker(all_cases(), *choice); };
  });
}

}  // namespace assay
