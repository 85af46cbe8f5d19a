// assay-verify: checks a signed report and judges its evidence again. Links nothing that measures,
// and needs no network, no HOME and no configuration.
#include <CLI/CLI.hpp>
#include <ctime>
#include <exception>
#include <iostream>

#include "harness/cli/console.h"
#include "harness/cli/empty_values.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/verify_options.h"

#include "version.h"

namespace {

int run(int count, char** words) {
  const assay::Console console = assay::system_console();
  CLI::App app("Checks a signed campaign and judges its evidence again, offline.");
  assay::VerifyArguments arguments{.program = "assay-verify"};
  app.footer(assay::verify_footer("assay-verify"));
  app.set_version_flag("--version", std::string("assay-verify ") + k_assay_version);
  assay::add_verify_options(app, arguments);
  assay::refuse_empty_values(app);
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) {
      std::cerr << "assay-verify: " << error.what() << " (see assay-verify --help)\n";
      return assay::k_exit_usage;
    }
    app.exit(error);
    return assay::written(console, arguments.program, assay::k_exit_ok);
  }
  const int ended = assay::verify_command(arguments, std::time(nullptr), console.out, console.err);
  return assay::written(console, arguments.program, ended);
}

}  // namespace

int main(int count, char** words) {
  try {
    return run(count, words);
  } catch (const std::exception& error) {
    std::cerr << "assay-verify: a bug: " << error.what() << "\n";
  } catch (...) {
    std::cerr << "assay-verify: a bug\n";
  }
  return assay::k_exit_bug;
}
