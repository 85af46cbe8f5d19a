// assay selftest: injects faults on this machine and shows that each is caught.
#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/cli/exit_code.h"
#include "harness/run/environment.h"
#include "harness/run/selftest.h"
#include "kernels/host/host_backend.h"
#include "reports/json.h"
#include "reports/random.h"

namespace assay {
namespace {

/// Tolerances to inject faults beside, where no contract says any.
Result<Conditions> customary_conditions() {
  const auto gap = parse_quantity("1 %");
  const auto clock = parse_quantity("0.1 %");
  if (!gap || !clock) {
    return Error{Error::Code::bad_input, "the customary tolerances are no quantities"};
  }
  Conditions conditions;
  conditions.block_gap = *gap;
  conditions.clock_disagreement = *clock;
  return conditions;
}

Result<SelftestResult> test_this_machine() {
  if (const auto allowed = worker_environment(own_environment(), usable_cores()); !allowed) {
    return allowed.error();
  }
  const auto seed = random_digest();
  if (!seed) {
    return seed.error();
  }
  const auto host = make_host_backend();
  const auto devices = host->devices();
  if (!devices) {
    return devices.error();
  }
  const auto conditions = customary_conditions();
  if (!conditions) {
    return conditions.error();
  }
  return run_selftest(*host, devices->front(), {.seed = *seed, .conditions = *conditions});
}

Json as_json(const SelftestResult& result) {
  Json::Array checks;
  for (const SelftestCheck& check : result.checks) {
    checks.emplace_back(
        Json::Object{{"name", check.name}, {"caught", check.caught}, {"by", check.by}});
  }
  return Json::Object{{"passed", result.passed()}, {"checks", std::move(checks)}};
}

void print(const Console& console, const SelftestResult& result) {
  for (const SelftestCheck& check : result.checks) {
    const bool right = check.caught == (check.name != "healthy");
    console.out << "  "
                << painted(console, right ? Tone::good : Tone::bad, right ? "ok    " : "FAILED")
                << ' ' << check.name << '\n'
                << wrapped((check.caught ? "caught by " : "not caught: ") + check.by, 9);
  }
  console.out << "self-test "
              << painted(console, result.passed() ? Tone::good : Tone::bad,
                         result.passed() ? "passed" : "failed")
              << '\n';
}

}  // namespace

void add_selftest(CLI::App& app, const Shell& shell) {
  auto* command =
      app.add_subcommand("selftest", "Inject faults on this machine; each must be caught");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print JSON");
  command->footer("Example\n  assay selftest");
  command->callback([&console = shell.console, &chosen = shell.chosen, json] {
    chosen = [&console, json] {
      outlive_readers();
      const auto result = test_this_machine();
      if (!result) {
        return complain(console, result.error().message, exit_code_of(result.error()));
      }
      if (*json) {
        console.out << canonical_json(as_json(*result)) << '\n';
      } else {
        print(console, *result);
      }
      return result->passed() ? k_exit_ok : k_exit_rejected;
    };
  });
}

}  // namespace assay
