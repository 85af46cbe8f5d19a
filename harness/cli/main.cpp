// assay: measure once, judge anywhere.
#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>
#include <functional>
#include <iostream>

#include "harness/cli/commands.h"
#include "harness/cli/empty_values.h"
#include "harness/cli/exit_code.h"

#include "version.h"

namespace {

constexpr const char* k_exit_codes =
    "Exit codes\n"
    "  run, judge: 0 accepted, or limits met - 1 rejected\n"
    "              2 not accepted, or not complete yet\n"
    "  verify:     0 valid and accepted, or limits met - 1 not valid\n"
    "              3 indeterminate - 4 policy not met\n"
    "              5 valid, but rejected or not accepted\n"
    "  all:        64 usage - 65 bad input - 70 bug - 74 input or output\n"
    "              130 interrupted\n"
    "\n"
    "Example\n"
    "  assay run contracts/this-host.json --out out/campaign\n";

void add_all(CLI::App& app, const assay::Shell& shell) {
  assay::add_doctor(app, shell);
  assay::add_list(app, shell);
  assay::add_plan(app, shell);
  assay::add_run(app, shell);
  assay::add_judge(app, shell);
  assay::add_keygen(app, shell);
  assay::add_sign(app, shell);
  assay::add_verify(app, shell);
  assay::add_inspect(app, shell);
  assay::add_bench(app, shell);
  assay::add_claim(app, shell);
  assay::add_selftest(app, shell);
  assay::add_completion(app, shell);
  assay::add_worker(app, shell);
  assay::add_rank(app, shell);
  assay::refuse_empty_values(app);
}

bool is_command(const CLI::App& app, const std::string& word) {
  const auto has_name = [&word](const CLI::App* command) { return command->get_name() == word; };
  return !app.get_subcommands(has_name).empty();
}

int run(int argc, char** argv) {
  const assay::Console console = assay::system_console();
  std::function<int()> chosen;
  CLI::App app{"Acceptance tests for AI clusters: measure once, judge anywhere.", "assay"};
  app.set_version_flag("--version", std::string("assay ") + k_assay_version);
  app.require_subcommand(1);
  app.footer(k_exit_codes);
  add_all(app, assay::Shell{.console = console, .chosen = chosen});
  if (argc > 1 && *argv[1] != '-' && !is_command(app, argv[1])) {
    return assay::complain(console,
                           "there is no command '" + std::string(argv[1]) + "' (see assay --help)",
                           assay::k_exit_usage);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return assay::written(console, "assay", app.exit(asked, console.out, console.err));
  } catch (const CLI::ParseError& refused) {
    return assay::complain(console, std::string(refused.what()) + " (see assay --help)",
                           assay::k_exit_usage);
  }
  return assay::written(console, "assay", chosen());
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGXFSZ,
              SIG_IGN);  // NOLINT(cert-err33-c): a limit on files is then an error of write
  try {
    return run(argc, argv);
  } catch (const std::exception& bug) {
    std::cerr << "assay: internal error: " << bug.what() << '\n';
    return assay::k_exit_bug;
  }
}
