// assay worker: started by the controller, not by people.
#include <CLI/CLI.hpp>

#include "harness/cli/commands.h"
#include "harness/run/host_worker.h"

namespace assay {

void add_worker(CLI::App& app, const Shell& shell) {
  auto* command = app.add_subcommand("worker", "Inner: runs one job read from standard input");
  command->group("");
  command->callback([&chosen = shell.chosen] { chosen = [] { return host_worker(all_cases()); }; });
}

}  // namespace assay
