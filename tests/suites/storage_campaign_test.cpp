// Campaigns that write and read files: the real cases, the real backend, real worker processes.
#include <linux/magic.h>
#include <sys/vfs.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "harness/run/campaign_run.h"
#include "harness/run/fio_job.h"
#include "harness/run/host_worker.h"
#include "reports/campaign.h"

namespace assay {
namespace {

constexpr const char* k_head =
    R"({"schema":"assay.contract/1","id":"small-files","purpose":"demonstration",)"
    R"("title":{"en":"Small"},"parties":{"buyer":{"name":"b"},"supplier":{"name":"s"}},)"
    R"("inventory":[{"id":"host","kind":"host","nodes":1}],"sessions":{"days":1},)"
    R"("conditions":{"block_gap":"1 %","clock_disagreement":"0.1 %"},"max_invalid":0,"clauses":[)";

std::string clause(const std::string& id, const std::string& a_case, const std::string& params,
                   const std::string& unit) {
  return R"({"id":")" + id + R"(","case":")" + a_case +
         R"(","population":"host","scope":"each_node","concurrent":"all_items","params":)" +
         params + R"(,"window":"0.1 s","rule":"1-5-9","at_least":"0.000001 )" + unit +
         R"(","at_most_plausible":"10000 )" + unit + R"(","weight":"mandatory","defect_class":1})";
}

const std::string k_mix =
    clause("S-1", "storage.mixed", R"({"file_mib":4,"extent_mib":1,"request_kib":64,"clients":2})",
           "GB/s");

class NoProgress final : public Progress {
 public:
  void event(const ProgressEvent& /*event*/) override {}
};

class StorageCampaign : public testing::Test {
 protected:
  /// In the working directory: that of the build, on a disk mostly.
  StorageCampaign() {
    std::string pattern = "assay-files-XXXXXX";
    root_ = ::mkdtemp(pattern.data()) != nullptr ? pattern : "/nonexistent";
  }
  ~StorageCampaign() override {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  Campaign run_in(const std::string& scratch, const std::string& clauses = k_mix) {
    RunWorld world;
    world.cases = all_cases();
    world.clock = &system_clock();
    NoProgress progress;
    const std::string folder = root_ + "/out";
    const auto outcome = run_campaign(
        {.contract_bytes = k_head + clauses + "]}", .folder = folder, .scratch = scratch}, world,
        progress);
    EXPECT_TRUE(outcome) << outcome.error().message;
    judgement_ = outcome ? outcome->judgement : Judgement{};
    auto campaign = read_campaign(folder, true);
    EXPECT_TRUE(campaign) << campaign.error().message;
    return campaign ? *std::move(campaign) : Campaign{};
  }

  std::string root_;
  Judgement judgement_;
};

TEST_F(StorageCampaign, MeasuresADeviceOrSaysThatNoneWasShown) {
  const Campaign campaign = run_in(root_);
  ASSERT_FALSE(campaign.evidence.attempts.empty());
  const Ending first = campaign.evidence.attempts.front().ending;
  for (const Attempt& attempt : campaign.evidence.attempts) {
    EXPECT_EQ(attempt.ending, first) << attempt.note;
    EXPECT_EQ(attempt.wrong, 0U) << attempt.note;
  }
  EXPECT_EQ(judgement_.decision,
            first == Ending::measured ? Decision::limits_met : Decision::not_accepted);
  EXPECT_TRUE(first == Ending::measured || first == Ending::unwitnessed);
  for (const auto& entry : std::filesystem::directory_iterator(root_)) {
    EXPECT_EQ(entry.path().filename(), "out") << "nothing else is left";
  }
}

/// Checkpoints both ways, training and names, from a contract to a decision.
TEST_F(StorageCampaign, OfWhatTrainingAsksOfFilesIsMeasuredOrSaysThatNothingWasShown) {
  const std::string shard = R"({"shard_mib":1,"request_kib":256,"clients":2,"direction":)";
  const Campaign campaign = run_in(
      root_, clause("S-1", "storage.checkpoint", shard + R"("save"})", "GB/s") + "," +
                 clause("S-2", "storage.checkpoint", shard + R"("restore"})", "GB/s") + "," +
                 clause("S-3", "storage.dataset",
                        R"({"file_mib":2,"sample_kib":64,"batch":4,"compute_us":500})", "GB/s") +
                 "," +
                 clause("S-4", "storage.metadata",
                        R"({"op":"create","directory":"shared","names":"kept","files":8,)"
                        R"("clients":2})",
                        "kOP/s"));
  ASSERT_FALSE(campaign.evidence.attempts.empty());
  bool all_measured = true;
  for (const Attempt& attempt : campaign.evidence.attempts) {
    EXPECT_TRUE(attempt.ending == Ending::measured || attempt.ending == Ending::unwitnessed)
        << attempt.note;
    EXPECT_EQ(attempt.wrong, 0U) << attempt.note;
    all_measured = all_measured && attempt.ending == Ending::measured;
  }
  EXPECT_EQ(judgement_.decision, all_measured ? Decision::limits_met : Decision::not_accepted);
  for (const auto& entry : std::filesystem::directory_iterator(root_)) {
    EXPECT_EQ(entry.path().filename(), "out") << "nothing else is left";
  }
}

/// What is timed is fio's, and its file is among the objects of the machine.
TEST_F(StorageCampaign, ThroughFioIsMeasuredOrSaysThatNothingWasShown) {
  if (const auto fio = FioProgram{}.file(); !fio) {
    GTEST_SKIP() << fio.error().message;
  }
  const Campaign campaign = run_in(
      root_,
      R"({"id":"S-1","case":"storage.random_read","population":"host","scope":"each_node",)"
      R"("concurrent":"all_items","params":{"engine":"fio","file_mib":32,"extent_mib":32,)"
      R"("depth":1},"window":"0.1 s","rule":"zero_wrong","weight":"mandatory","defect_class":1})");
  ASSERT_EQ(campaign.evidence.attempts.size(), 1U);
  const Attempt& attempt = campaign.evidence.attempts.front();
  EXPECT_EQ(attempt.wrong, 0U) << attempt.note;
  if (attempt.ending != Ending::measured) {
    EXPECT_EQ(attempt.ending, Ending::unwitnessed) << attempt.note;
    GTEST_SKIP() << attempt.note;
  }
  EXPECT_GT(attempt.timed_ns, Natural{0});
  EXPECT_LT(attempt.timed_ns, attempt.elapsed_ns);
  std::ifstream journal(root_ + "/out/journal/00000.jsonl");
  const std::string lines(std::istreambuf_iterator<char>(journal), {});
  EXPECT_NE(lines.find(R"({"name":"fio","sha256":")"), std::string::npos);
  EXPECT_NE(lines.find(R"("library":"fio")"), std::string::npos);
}

TEST_F(StorageCampaign, InMemoryIsInvalidWithItsReason) {
  struct statfs kind {};
  if (::statfs("/dev/shm", &kind) != 0 || kind.f_type != TMPFS_MAGIC) {
    GTEST_SKIP() << "/dev/shm is no tmpfs here";
  }
  const Campaign campaign = run_in("/dev/shm");
  ASSERT_FALSE(campaign.evidence.attempts.empty());
  for (const Attempt& attempt : campaign.evidence.attempts) {
    EXPECT_EQ(attempt.ending, Ending::unwitnessed);
    EXPECT_NE(attempt.note.find("O_DIRECT"), std::string::npos) << attempt.note;
  }
  const Verdict& verdict = judgement_.clauses.at(0).verdicts.at(0);
  EXPECT_EQ(verdict.outcome, Outcome::invalid);
  EXPECT_EQ(verdict.reason, Reason::unwitnessed);
}

}  // namespace
}  // namespace assay

int main(int count, char** arguments) {
  if (count > 1 && std::string(arguments[1]) == "worker") {
    return assay::host_worker(assay::all_cases());
  }
  testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
