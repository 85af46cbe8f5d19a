#include "harness/cli/verify_options.h"

#include <CLI/CLI.hpp>

namespace assay {

void add_verify_options(CLI::App& command, VerifyArguments& arguments) {
  command.add_option("DIR", arguments.folder, "Folder of the campaign")->required();
  command.add_option("--policy", arguments.policy, "Your own policy: whom you trust for what")
      ->required();
  command.add_option("--at", arguments.at, "Verify as of this time,\nsuch as 2026-01-31T12:00:00Z");
  command.add_flag("--deep", arguments.deep, "Recompute every window from its blocks");
  command.add_flag("--json", arguments.json, "Print JSON");
}

}  // namespace assay
