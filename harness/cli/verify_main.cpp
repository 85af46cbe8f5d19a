// assay-verify: checks a signed report and judges its evidence again. Links nothing that measures,
// and needs no network, no HOME and no configuration.
#include <CLI/CLI.hpp>
#include <ctime>
#include <exception>
#include <iostream>

#include "harness/cli/empty_values.h"
#include "harness/cli/verify_options.h"

#include "version.h"

namespace {

constexpr int k_usage = 64;
constexpr int k_bug = 70;
constexpr int k_unwritten = 74;

/// What was printed must have reached its reader.
int written(int exit_code) {
  std::cout.flush();
  if (std::cout) {
    return exit_code;
  }
  std::cerr << "assay-verify: standard output can't be written\n";
  return k_unwritten;
}

int run(int count, char** words) {
  CLI::App app("Checks a signed campaign and judges its evidence again, offline.");
  assay::VerifyArguments arguments{.program = "assay-verify"};
  app.footer(assay::verify_footer("assay-verify"));
  app.set_version_flag("--version", std::string("assay-verify ") + k_assay_version);
  assay::add_verify_options(app, arguments);
  assay::refuse_empty_values(app);
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    if (app.exit(error) != 0) {
      return k_usage;
    }
    return written(0);
  }
  return written(assay::verify_command(arguments, std::time(nullptr), std::cout, std::cerr));
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
