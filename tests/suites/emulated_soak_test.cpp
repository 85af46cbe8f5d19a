// A soak on an emulated node of two GPUs, one of which is at fault: what becomes of its wrong step,
// done again there and on the healthy one beside it.
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "harness/run/campaign_run.h"
#include "harness/run/host_worker.h"
#include "reports/campaign.h"
#include "reports/files.h"
#include "tests/doubles/scripted_campaign.h"

namespace assay {
namespace {

constexpr const char* k_contract =
    R"({"schema":"assay.contract/1","id":"soak","purpose":"demonstration","title":{"en":"t"},)"
    R"("parties":{"buyer":{"name":"b"},"supplier":{"name":"s"}},"inventory":[{"id":"b200",)"
    R"("kind":"dgx-b200","nodes":1,"gpus":{"model":"NVIDIA B200","count":2,"memory":"180 GB",)"
    R"("power_limit":"1000 W"}}],"sessions":{"days":1},"conditions":{"block_gap":"1 %",)"
    R"("clock_disagreement":"0.1 %"},"max_invalid":0,"clauses":[{"id":"S-1","title":{"en":"t"},)"
    R"("case":"compute.soak","population":"b200","scope":"each_gpu","concurrent":"one_at_a_time",)"
    R"("params":{"input":"bf16","accumulate":"f32","output":"f32","sparsity":"dense",)"
    R"("emulation":"forbidden","operands":"integers","m":64,"n":64,"k":64,"array_mib":1,)"
    R"("copy_mib":1},"window":"0.5 s","rule":"zero_wrong","weight":"mandatory","defect_class":1}]})";

class EmulatedSoak : public testing::Test {
 protected:
  EmulatedSoak() {
    std::string name = (std::filesystem::temp_directory_path() / "assay-test-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~EmulatedSoak() override { std::filesystem::remove_all(root_); }

  /// The verdicts of GPU 0, which is healthy, and GPU 1.
  [[nodiscard]] std::vector<Verdict> verdicts(const std::string& fault) const {
    RunWorld world;
    world.cases = all_cases();
    world.clock = &system_clock();
    world.grace_ns = 30'000'000'000;
    world.worker.push_back(ASSAY_EMULATED_MODULE ",gpus=2,on=1,fault=" + fault);
    Silent progress;
    auto outcome = run_campaign({.contract_bytes = k_contract,
                                 .folder = root_ + "/out",
                                 .backend = "cuda",
                                 .marks = {"emulated"}},
                                world, progress);
    EXPECT_TRUE(outcome) << outcome.error().message;
    const auto campaign = read_campaign(root_ + "/out", true);
    EXPECT_TRUE(campaign) << campaign.error().message;
    return outcome ? outcome->judgement.clauses.at(0).verdicts : std::vector<Verdict>(2);
  }

  [[nodiscard]] bool journal_says(const std::string& part) const {
    const auto text = read_file(root_ + "/out/journal/00000.jsonl", std::size_t{1} << 24U);
    EXPECT_TRUE(text) << text.error().message;
    return text && text->find(part) != std::string::npos;
  }

  std::string root_;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// It inverts a bit of every product and of every triad, so whatever is done again is wrong again:
// as often as an emulated GPU comes to in ten seconds.
TEST_F(EmulatedSoak, NamesASteadyFaultThatTheNeighbourDoesNotHave) {
  const auto found = verdicts("wrong_bit,every=1");
  EXPECT_EQ(found.at(0).outcome, Outcome::accept) << found.at(0).detail;
  EXPECT_TRUE(has(found.at(0).detail, "wrong where it was compared: with 95 % confidence fewer "))
      << found.at(0).detail;
  EXPECT_EQ(found.at(1).reason, Reason::wrong_result) << found.at(1).detail;
  EXPECT_TRUE(has(found.at(1).detail, " again there, was wrong ")) << found.at(1).detail;
  EXPECT_TRUE(has(found.at(1).detail, ": steady.")) << found.at(1).detail;
  EXPECT_TRUE(has(found.at(1).detail, "On b200/00000/gpu0 it was wrong 0 of "))
      << found.at(1).detail;
  EXPECT_TRUE(journal_says(R"("seed":")"));
  EXPECT_TRUE(journal_says(R"("item":"b200/00000/gpu0","kind":"repeat")"));
}

TEST_F(EmulatedSoak, RejectsAGpuThatSkipsWork) {
  const auto found = verdicts("skipped,every=3");
  EXPECT_EQ(found.at(0).outcome, Outcome::accept) << found.at(0).detail;
  EXPECT_EQ(found.at(1).reason, Reason::wrong_result) << found.at(1).detail;
  EXPECT_TRUE(has(found.at(1).detail, " again there, was wrong ")) << found.at(1).detail;
}

TEST_F(EmulatedSoak, EndsADeadGpuAsLost) {
  const auto found = verdicts("lost,every=5");
  EXPECT_EQ(found.at(0).outcome, Outcome::accept) << found.at(0).detail;
  EXPECT_EQ(found.at(1).reason, Reason::device_lost) << found.at(1).detail;
}

}  // namespace
}  // namespace assay

int main(int count, char** arguments) {
  if (count > 2 && std::string(arguments[1]) == "worker") {
    return assay::host_worker(assay::all_cases(), {.module = arguments[2], .recording = ""});
  }
  testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
