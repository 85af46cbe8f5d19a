// assay-verify: checks a signed report and judges its evidence again. Links nothing that measures,
// and needs no network, no HOME and no configuration.
#include <CLI/CLI.hpp>
#include <ctime>
#include <exception>
#include <iostream>

#include "harness/cli/verify_options.h"

#include "version.h"

namespace {

constexpr int k_usage = 64;
constexpr int k_bug = 70;
constexpr int k_unwritten = 74;

int run(int count, char** words) {
  CLI::App app("Checks a signed campaign and judges its evidence again, offline.");
  assay::VerifyArguments arguments;
  app.footer(assay::verify_footer("assay-verify"));
  app.set_version_flag("--version", std::string("assay-verify ") + k_assay_version);
  assay::add_verify_options(app, arguments);
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    if (app.exit(error) != 0) {
      return k_usage;
    }
    std::cout.flush();
    return std::cout ? 0 : k_unwritten;
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
