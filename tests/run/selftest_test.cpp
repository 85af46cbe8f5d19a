#include "harness/run/selftest.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "kernels/host/host_backend.h"
#include "tests/doubles/scripted_backend.h"

namespace assay {
namespace {

SelftestPlan plan() {
  SelftestPlan plan;
  plan.seed = Digest{42};
  plan.conditions.block_gap = *parse_quantity("1 %");
  plan.conditions.clock_disagreement = *parse_quantity("0.01 %");
  plan.conditions.session_spread = *parse_quantity("1 %");
  return plan;
}

SelftestResult run_on(Backend& backend) {
  const auto devices = backend.devices();
  EXPECT_TRUE(devices);
  return run_selftest(backend, devices->at(0), plan());
}

std::string told(const SelftestResult& result) {
  std::string text;
  for (const auto& check : result.checks) {
    text += check.name + (check.caught ? " caught by " : " not caught: ") + check.by + "\n";
  }
  return text;
}

TEST(Selftest, CatchesEveryFaultByNameAndLeavesTheHealthyAlone) {
  const auto backend = make_scripted_backend({.step_ns = 100'000});
  const SelftestResult result = run_on(*backend);
  EXPECT_TRUE(result.passed()) << told(result);
  std::set<std::string> names;
  for (const auto& check : result.checks) {
    names.insert(check.name);
    EXPECT_FALSE(check.by.empty());
  }
  EXPECT_EQ(names,
            (std::set<std::string>{"healthy", "flipped_bit", "skipped_step", "cached_result",
                                   "slow_worker", "slowed_clock", "dropped_block",
                                   "reordered_journal", "truncated_journal", "edited_verdict"}));
}

TEST(Selftest, PassesOnThisHost) {
  const auto backend = make_host_backend();
  const SelftestResult result = run_on(*backend);
  EXPECT_TRUE(result.passed()) << told(result);
}

TEST(Selftest, FailsOnADeviceThatIsAlwaysWrong) {
  const auto backend = make_scripted_backend({.step_ns = 100'000, .fault = Fault::wrong});
  const SelftestResult result = run_on(*backend);
  EXPECT_FALSE(result.passed());
  EXPECT_EQ(result.checks.at(0).name, "healthy");
  EXPECT_TRUE(result.checks.at(0).caught);
}

TEST(Selftest, FailsWhereChecksCheckNothing) {
  const auto backend = make_scripted_backend({.step_ns = 100'000, .fault = Fault::unchecked});
  EXPECT_FALSE(run_on(*backend).passed());
}

TEST(Selftest, FailsOnADeviceThatCanDoNothing) {
  const auto backend = make_scripted_backend({.fault = Fault::refuse});
  EXPECT_FALSE(run_on(*backend).passed());
}

TEST(Selftest, ThatCheckedNothingHasNotPassed) {
  EXPECT_FALSE(SelftestResult{}.passed());
  EXPECT_FALSE((SelftestResult{.checks = {{.name = "flipped_bit", .caught = false}}}.passed()));
  EXPECT_FALSE((SelftestResult{.checks = {{.name = "healthy", .caught = true}}}.passed()));
}

}  // namespace
}  // namespace assay
