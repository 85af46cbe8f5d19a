// assay plan: the arguments; what is printed is made in plan_command.cpp.
#include <CLI/CLI.hpp>
#include <memory>

#include "harness/cli/commands.h"
#include "harness/cli/plan_command.h"

namespace assay {

void add_plan(CLI::App& app, const Shell& shell) {
  auto* command = app.add_subcommand("plan", "Every run of a contract, its time, bytes and risks");
  const auto contract = std::make_shared<std::string>();
  const auto json = std::make_shared<bool>(false);
  command->add_option("CONTRACT", *contract, "The contract, a JSON file")->required();
  command->add_flag("--json", *json, "Print JSON");
  command->footer("Example\n  assay plan contracts/industrial-ai-cloud.json");
  command->callback([&console = shell.console, &chosen = shell.chosen, contract, json] {
    chosen = [&console, contract, json] {
      return plan_command(*contract, *json, console.out, console.err);
    };
  });
}

}  // namespace assay
