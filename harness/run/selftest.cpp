#include "harness/run/selftest.h"

#include <algorithm>
#include <utility>

#include "harness/run/selftest_evidence.h"
#include "harness/run/selftest_window.h"

namespace assay {

bool SelftestResult::passed() const {
  const auto as_it_should = [](const SelftestCheck& check) {
    return check.caught == (check.name != "healthy");
  };
  return !checks.empty() && std::all_of(checks.begin(), checks.end(), as_it_should);
}

SelftestResult run_selftest(Backend& backend, const Device& device, const SelftestPlan& plan) {
  SelftestResult result;
  auto kernel = selftest_kernel(backend, device, plan.seed);
  if (kernel) {
    result.checks = check_windows(**kernel, plan);
  } else {
    result.checks.push_back(
        {.name = "wrong_result", .caught = false, .by = kernel.error().message});
  }
  for (SelftestCheck& check : check_evidence(plan.seed)) {
    result.checks.push_back(std::move(check));
  }
  return result;
}

}  // namespace assay
