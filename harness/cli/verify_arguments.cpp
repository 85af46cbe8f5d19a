// assay verify: the same command as assay-verify.
#include <CLI/CLI.hpp>
#include <memory>

#include "harness/cli/commands.h"
#include "harness/cli/verify_options.h"
#include "harness/run/clock.h"

namespace assay {

void add_verify(CLI::App& app, const Shell& shell) {
  auto* command = app.add_subcommand("verify", "Check a signed campaign, judging it again");
  const auto arguments = std::make_shared<VerifyArguments>();
  add_verify_options(*command, *arguments);
  command->footer(verify_footer("assay verify"));
  command->callback([&console = shell.console, &chosen = shell.chosen, arguments] {
    chosen = [&console, arguments] {
      return verify_command(*arguments, system_clock().utc_ns() / 1'000'000'000, console.out,
                            console.err);
    };
  });
}

}  // namespace assay
