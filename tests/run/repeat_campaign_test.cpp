// What a campaign does with a wrong step: again, there and on a neighbour.
#include <unistd.h>

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "harness/run/campaign_run.h"
#include "reports/campaign.h"
#include "tests/doubles/scripted_campaign.h"
#include "tests/run/journal_counts.h"

namespace assay {
namespace {

class RepeatCampaign : public testing::Test {
 protected:
  RepeatCampaign() {
    std::string name = "/tmp/assay-test-XXXXXX";
    root = ::mkdtemp(name.data());
    folder = root + "/out";
  }
  ~RepeatCampaign() override { std::filesystem::remove_all(root); }

  /// The first verdict of a campaign that ran through.
  Verdict verdict_of(const std::string& script) {
    const RunRequest request{.contract_bytes = contract_of(Made{}), .folder = folder};
    const auto outcome = run_campaign(request, world_with(script, clock), progress);
    EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().message);
    if (!outcome) {
      return {};
    }
    decision = outcome->judgement.decision;
    return outcome->judgement.clauses.at(0).verdicts.at(0);
  }

  OtherDays clock;
  Silent progress;
  std::string root, folder;
  Decision decision = Decision::not_accepted;
};

/// A worker that does a step again begins to count anew: what errs from its fifth step on is right
/// five times in a hundred.
TEST_F(RepeatCampaign, DoesAWrongStepAgainAndSaysWhetherTheFaultIsSteady) {
  const std::string again = "Its first wrong step, done 100 times again there, was wrong ";
  const auto said = [&](const std::string& script, const std::string& part) {
    const Verdict verdict = verdict_of(script);
    EXPECT_EQ(verdict.reason, Reason::wrong_result);
    EXPECT_NE(verdict.detail.find(part), std::string::npos) << verdict.detail;
    EXPECT_TRUE(read_campaign(folder, true));
    EXPECT_EQ(journal_in(folder).kinds.at("repeat"), 2);
    std::filesystem::remove_all(folder);
  };
  said("step_us=500 fault=run_wrong fault_at=0", again + "100 of 100 times: steady.");
  said("step_us=500 fault=run_wrong fault_at=5", again + "95 of 100 times: intermittent.");
  said("step_us=500 fault=run_wrong_batch", again + "0 of 100 times: transient.");
}

TEST_F(RepeatCampaign, SaysThatANodeOfOneItemHasNoNeighbour) {
  EXPECT_NE(verdict_of("step_us=500 fault=run_wrong fault_at=0")
                .detail.find("The node has no other item without a fault to try it on."),
            std::string::npos);
}

/// Its window has a few tens of steps, and a step is done a hundred times again.
TEST_F(RepeatCampaign, KeepsAWrongResultWhateverBecomesOfTheRepetition) {
  const Verdict verdict = verdict_of("step_us=5000 fault=run_wrong_crash fault_at=0");
  EXPECT_EQ(verdict.outcome, Outcome::reject);
  EXPECT_EQ(verdict.reason, Reason::wrong_result);
  EXPECT_NE(verdict.detail.find("It could not be tried again on host/00000."), std::string::npos)
      << verdict.detail;
  EXPECT_EQ(decision, Decision::rejected);
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
