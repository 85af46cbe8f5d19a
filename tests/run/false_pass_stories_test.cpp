// False passes of the field's tools, as their users reported them, replayed on this one. Each ends
// not accepted for its named reason; its healthy twin, under the same contract, is accepted.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "reports/campaign.h"
#include "reports/files.h"
#include "tests/doubles/scripted_campaign.h"

namespace assay {
namespace {

constexpr const char* k_healthy = "step_us=5000";

class FalsePass : public testing::Test {
 protected:
  FalsePass() {
    std::string name = "/tmp/assay-test-XXXXXX";
    root = ::mkdtemp(name.data());
  }
  ~FalsePass() override { std::filesystem::remove_all(root); }

  Result<RunOutcome> run(const std::string& script, const std::string& name) {
    Silent progress;
    return run_campaign({.contract_bytes = contract_of(made), .folder = root + "/" + name},
                        world_with(script, clock), progress);
  }

  /// The story ends not accepted, with a defect of that name; what it did is in root/story.
  void ends_with(const std::string& script, const std::string& defect) {
    const auto outcome = run(script, "story");
    ASSERT_TRUE(outcome) << outcome.error().message;
    const Judgement& judgement = outcome->judgement;
    EXPECT_NE(judgement.decision, Decision::accepted);
    EXPECT_TRUE(std::any_of(judgement.defects.begin(), judgement.defects.end(),
                            [&](const Defect& each) { return each.name == defect; }))
        << "no defect is called " << defect << ", the first is "
        << (judgement.defects.empty() ? "none" : judgement.defects[0].name);
  }

  void twin_is_accepted() {
    const auto outcome = run(k_healthy, "twin");
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->judgement.decision, Decision::accepted)
        << (outcome->judgement.defects.empty() ? "" : outcome->judgement.defects[0].sentence);
  }

  Made made;
  OtherDays clock;
  std::string root;
};

// NVIDIA/DCGM 55 and 139, NVIDIA/aicr 2122: tests that can't run here are skipped, and all is well.
TEST_F(FalsePass, SkippedTestsAreAPass) {
  ends_with("step_us=5000 fault=run_refuse", "unsupported");
  twin_is_accepted();
}

// IBM/autopilot 68: the node is healthy while its diagnosis crashes.
TEST_F(FalsePass, TheNodeIsHealthyWhileItsDiagnosisFails) {
  ends_with("step_us=5000 fault=run_crash fault_at=5", "below_limit");
  twin_is_accepted();
}

// NVIDIA/DCGM 247, NVIDIA/aicr 2122: the diagnosis hangs, and its time-out blocks nothing.
TEST_F(FalsePass, ATimeOutBlocksNothing) {
  ends_with("step_us=5000 fault=run_hang fault_at=5", "below_limit");
  twin_is_accepted();
}

// leptonai/gpud 381: after a restart, all is healthy until the first check has run.
TEST_F(FalsePass, AllIsHealthyUntilEverythingWasMeasured) {
  made.days = 2;
  ends_with(k_healthy, "too_few_runs");
  made.days = 1;
  twin_is_accepted();
}

// dsx-ai-factory/fleet-intelligence-agent 252: "all GPUs were checked", and none was read. A worker
// whose backend checks nothing has no result, and that is a run below the limit.
TEST_F(FalsePass, AllWereCheckedAndNoneWasRead) {
  ends_with("step_us=5000 fault=run_unchecked", "below_limit");
  twin_is_accepted();
}

// cluster-readiness-engine 6: the bandwidth was never measured, and the gate let it pass.
TEST_F(FalsePass, AnExitWithStatusZeroIsAMeasurement) {
  ends_with("step_us=5000 fault=run_exit fault_at=5", "below_limit");
  twin_is_accepted();
}

// ROCm/cvs 269: nodes that can't be reached pass.
TEST_F(FalsePass, ANodeThatNeverAnswersPasses) {
  made.nodes = 2;
  ends_with(k_healthy, "no_evidence");
  made.nodes = 1;
  twin_is_accepted();
}

// Dasharo/open-source-firmware-validation 934: too good to be true, and nobody wonders.
TEST_F(FalsePass, TooGoodToBeTrueIsGood) {
  ends_with("step_us=200", "implausible");
  twin_is_accepted();
}

// microsoft/superbenchmark 411: nothing ran, and the exit status is 0.
TEST_F(FalsePass, NothingRan) {
  const auto outcome = run("garbage", "story");
  ASSERT_FALSE(outcome) << "a campaign ended although no worker ever answered";
  EXPECT_EQ(outcome.error().code, Error::Code::io) << outcome.error().message;
  twin_is_accepted();
}

// NVIDIA/ai-cloud-validation 652, cluster-readiness-engine 21: what no limit was set for passes.
TEST_F(FalsePass, WhatHasNoLimitPasses) {
  made.limit.clear();
  const auto outcome = run(k_healthy, "story");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Error::Code::bad_input);
  EXPECT_NE(outcome.error().message.find("clauses[0].at_least"), std::string::npos)
      << outcome.error().message;
  EXPECT_FALSE(std::filesystem::exists(root + "/story")) << "something was written";
  made = Made();
  twin_is_accepted();
}

// mlcommons/inference 1660: a log that the rules require is checked by nobody.
TEST_F(FalsePass, ARequiredLogIsCheckedByNobody) {
  twin_is_accepted();
  const std::string log = root + "/twin/journal/00000.jsonl";
  auto bytes = read_file(log, 1U << 26U);
  ASSERT_TRUE(bytes) << bytes.error().message;
  std::filesystem::remove(log);
  EXPECT_FALSE(read_campaign(root + "/twin", true)) << "the journal is gone";
  ASSERT_TRUE(write_file(log, *bytes, 0644));
  EXPECT_TRUE(read_campaign(root + "/twin", true));
  for (const auto& blob : std::filesystem::directory_iterator(root + "/twin/blobs/sha256")) {
    std::filesystem::remove(blob.path());
    break;
  }
  EXPECT_FALSE(read_campaign(root + "/twin", true)) << "block data is gone";
}

}  // namespace
}  // namespace assay

int main(int count, char** arguments) {
  if (count > 1 && std::string(arguments[1]) == "worker") {
    return assay::be_scripted_worker(arguments[2], arguments[3]);
  }
  testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
