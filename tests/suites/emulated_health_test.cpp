// Campaigns on an emulated node of two GPUs that look at its health before and after they measure:
// what the driver logged in between ends in the verdict of system.health, with its raw line.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "harness/run/campaign_run.h"
#include "harness/run/kernel_log.h"
#include "harness/run/worker.h"
#include "kernels/module.h"
#include "reports/campaign.h"
#include "tests/doubles/scripted_campaign.h"
#include "tests/model/machine_maker.h"

namespace assay {
namespace {

/// A healthy machine with the log of an emulated device.
class EmulatedInventory final : public Inventory {
 public:
  explicit EmulatedInventory(std::string log) : log_(std::move(log)) {}
  Result<MachineFacts> find(const InventoryRequest& /*request*/) override {
    MachineFacts facts = healthy_machine();
    for (GpuFacts& gpu : facts.gpus) {  // as the emulated device calls them
      gpu.uuid = shown("GPU-656d756c-6174-6564-0000-00000000000" + std::to_string(gpu.index));
    }
    std::ifstream log(log_);
    for (std::string line; std::getline(log, line);) {
      const std::string record = std::to_string(facts.xids.last_record + 1);
      EXPECT_TRUE(take_kernel_record(facts.xids, "4," + record + line.substr(line.find(',', 2))));
    }
    return facts;
  }

 private:
  std::string log_;
};

std::string contract() {
  return R"({"schema":"assay.contract/1","id":"health","purpose":"demonstration",)"
         R"("title":{"en":"t"},"parties":{"buyer":{"name":"b"},"supplier":{"name":"s"}},)"
         R"("inventory":[{"id":"b200","kind":"dgx-b200","nodes":1,"gpus":{"model":"NVIDIA B200",)"
         R"("count":2,"memory":"180 GB","power_limit":"1000 W"}}],"sessions":{"days":1},)"
         R"("conditions":{"block_gap":"1 %","clock_disagreement":"0.1 %"},"max_invalid":0,)"
         R"("clauses":[{"id":"E-1","title":{"en":"t"},"case":"compute.gemm","population":"b200",)"
         R"("scope":"each_gpu","concurrent":"one_at_a_time","params":{"input":"bf16",)"
         R"("accumulate":"f32","output":"bf16","sparsity":"dense","emulation":"forbidden",)"
         R"("operands":"integers","m":64,"n":64,"k":128},"window":"0.1 s","rule":"zero_wrong",)"
         R"("weight":"mandatory","defect_class":1},)"
         R"({"id":"H-1","title":{"en":"t"},"case":"system.health","population":"b200",)"
         R"("scope":"each_node","params":{"nvlink_recoveries":"none","remapped_rows":"none",)"
         R"("thermal_slowdown":"none","xid_counted":"none"},"rule":"once","weight":"mandatory",)"
         R"("defect_class":1}]})";
}

class EmulatedHealth : public testing::Test {
 protected:
  EmulatedHealth() {
    std::string name = (std::filesystem::temp_directory_path() / "assay-test-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~EmulatedHealth() override { std::filesystem::remove_all(root_); }

  [[nodiscard]] Judgement judged(const std::string& settings) const {
    RunWorld world;
    world.cases = all_cases();
    world.clock = &system_clock();
    world.worker.push_back(ASSAY_EMULATED_MODULE ",gpus=2,every=5,log=" + root_ + "/log" +
                           settings);
    world.worker.push_back(root_ + "/log");
    Silent progress;
    auto outcome = run_campaign({.contract_bytes = contract(),
                                 .folder = root_ + "/out",
                                 .backend = "cuda",
                                 .marks = {"emulated"}},
                                world, progress);
    EXPECT_TRUE(outcome) << outcome.error().message;
    EXPECT_TRUE(read_campaign(root_ + "/out", true));
    return outcome ? outcome->judgement : Judgement{};
  }

  std::string root_;
};

TEST_F(EmulatedHealth, IsGoodWhereNothingWasLogged) {
  const Judgement judgement = judged("");
  EXPECT_EQ(judgement.decision, Decision::limits_met);
}

TEST_F(EmulatedHealth, RejectsAGpuThatFellOffTheBusWhileItsResultsWereRight) {
  const Judgement judgement = judged(",on=1,fault=xid,xid=79");
  ASSERT_EQ(judgement.clauses.size(), 2U);
  EXPECT_EQ(judgement.clauses[0].accepted, 2U);
  const Verdict& health = judgement.clauses[1].verdicts.at(0);
  EXPECT_EQ(health.outcome, Outcome::reject);
  EXPECT_EQ(health.reason, Reason::not_as_ordered);
  EXPECT_NE(health.detail.find("NVRM: Xid (PCI:0000:11:00): 79, pid=7"), std::string::npos)
      << health.detail;
}

TEST_F(EmulatedHealth, LeavesAloneWhatIsAnApplicationsFault) {
  EXPECT_EQ(judged(",on=1,fault=xid,xid=13").decision, Decision::limits_met);
}

/// The worker of these campaigns: arguments are the module and the log.
int worker(const std::string& module, const std::string& log) {
  WorkerWorld world;
  world.load = [&module](std::string_view name) {
    return load_backend(name, ModuleChoice::from(module));
  };
  world.cases = all_cases();
  world.clock = &system_clock();
  world.probe = make_host_probe();
  world.inventory = std::make_unique<EmulatedInventory>(log);
  return worker_on_standard_streams(world);
}

}  // namespace
}  // namespace assay

int main(int count, char** arguments) {
  if (count > 3 && std::string(arguments[1]) == "worker") {
    return assay::worker(arguments[2], arguments[3]);
  }
  testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
