// assay-verify: checks a signed report and judges its evidence again. Links nothing that measures,
// and needs no network, no HOME and no configuration.
#include <CLI/CLI.hpp>
#include <ctime>
#include <exception>
#include <iostream>

#include "harness/cli/verify_command.h"

#include "version.h"

namespace {

constexpr int k_usage = 64;
constexpr int k_bug = 70;

int run(int count, char** words) {
  CLI::App app("Checks a signed campaign and judges its evidence again, offline.");
  assay::VerifyArguments arguments;
  app.footer(assay::verify_footer("assay-verify"));
  app.set_version_flag("--version", std::string("assay-verify ") + k_assay_version);
  app.add_option("DIR", arguments.folder, "The campaign's folder")->required();
  app.add_option("--policy", arguments.policy, "Your own policy: whom you trust, for what")
      ->required();
  app.add_option("--at", arguments.at, "Verify as of this time, such as 2026-01-31T12:00:00Z");
  app.add_flag("--deep", arguments.deep, "Recompute every window from its blocks, too");
  app.add_flag("--json", arguments.json, "Print the result as one JSON object");
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : k_usage;
  }
  return assay::verify_command(arguments, std::time(nullptr), std::cout, std::cerr);
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
  return k_bug;
}
