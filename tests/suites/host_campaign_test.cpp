// A whole campaign on this machine: the real cases, the real backend, real worker processes.
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
    R"({"schema":"assay.contract/1","id":"small-host","purpose":"demonstration",)"
    R"("title":{"en":"Small"},"parties":{"buyer":{"name":"b"},"supplier":{"name":"s"}},)"
    R"("inventory":[{"id":"host","kind":"host","nodes":1}],"sessions":{"days":1},)"
    R"("conditions":{"block_gap":"1 %","clock_disagreement":"0.1 %"},"max_invalid":0,"clauses":[)"
    R"({"id":"H-1","title":{"en":"Product"},"case":"compute.gemm","population":"host",)"
    R"("scope":"each_node","concurrent":"all_items","params":{"input":"f32","accumulate":"f32",)"
    R"("output":"f32","sparsity":"dense","emulation":"forbidden","operands":"integers",)"
    R"("m":192,"n":192,"k":192},"window":"0.2 s","rule":"1-5-9","at_least":"0.001 GFLOP/s",)"
    R"("at_most_plausible":"1000 TFLOP/s","weight":"mandatory","defect_class":1},)"
    R"({"id":"H-2","title":{"en":"Memory"},"case":"compute.memory","population":"host",)"
    R"("scope":"each_node","concurrent":"all_items","params":{"op":"triad","array_mib":16},)"
    R"("window":"0.2 s","rule":"1-5-9","at_least":"0.001 GB/s","at_most_plausible":"10000 GB/s",)"
    R"("weight":"mandatory","defect_class":1}]})";

TEST(HostCampaign, MeetsItsTrivialLimitsWithEvidenceThatVerifiesFromTheBlobsUp) {
  std::string root = "/tmp/assay-test-XXXXXX";
  ASSERT_NE(::mkdtemp(root.data()), nullptr);
  const std::string folder = root + "/out";
  RunWorld world;
  world.cases = all_cases();
  world.clock = &system_clock();
  Silent progress;
  const auto outcome =
      run_campaign({.contract_bytes = k_contract, .folder = folder}, world, progress);
  ASSERT_TRUE(outcome) << outcome.error().message;
  for (const Defect& defect : outcome->judgement.defects) {
    ADD_FAILURE() << defect.clause << ' ' << defect.name << ": " << defect.sentence;
  }
  EXPECT_EQ(outcome->judgement.decision, Decision::limits_met);
  const auto campaign = read_campaign(folder, true);
  ASSERT_TRUE(campaign) << campaign.error().message;
  EXPECT_EQ(campaign->evidence.attempts.size(), 20U);
  const auto session = read_file(folder + "/session.json", std::size_t{1} << 20U);
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_NE(session->find(R"("work_per_step":{"H-1":"14155776","H-2":"50331648"})"),
            std::string::npos)
      << "the reader takes a session without it, so the run must write it: " << *session;
  for (const Attempt& attempt : campaign->evidence.attempts) {
    EXPECT_EQ(attempt.ending, Ending::measured) << attempt.note;
  }
  std::filesystem::remove_all(root);
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
