// Whole campaigns of recorded machines: contract, workers that replay, journal, verdict.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "harness/run/campaign_run.h"
#include "harness/run/host_worker.h"
#include "kernels/host/host_backend.h"
#include "reports/campaign.h"
#include "reports/files.h"
#include "reports/machine_facts.h"
#include "tests/doubles/scripted_campaign.h"

namespace assay {
namespace {

struct Ordered {
  std::string model = "NVIDIA B200";
  std::string memory = "180 GB";
  std::string power = "1000 W";
  std::string nvlinks = "18";
  std::string recoveries = "none", rows = "none", xids = "none";
  std::string scope = "each_node";
};

std::string contract_of(const Ordered& ordered) {
  const auto clause = [&](const std::string& id, const std::string& name,
                          const std::string& params) {
    return R"({"id":")" + id + R"(","title":{"en":"Found"},"case":")" + name +
           R"(","population":"box","scope":")" + ordered.scope + R"(","params":{)" + params +
           R"(},"rule":"once","weight":"mandatory"})";
  };
  return R"({"schema":"assay.contract/1","id":"found","purpose":"demonstration",)"
         R"("title":{"en":"Found"},"parties":{"buyer":{"name":"b"},"supplier":{"name":"s"}},)"
         R"("inventory":[{"id":"box","kind":"box","nodes":1,"gpus":{"model":")" +
         ordered.model + R"(","count":8,"memory":")" + ordered.memory + R"(","power_limit":")" +
         ordered.power +
         R"("}}],"sessions":{"days":1},"conditions":{"block_gap":"1 %",)"
         R"("clock_disagreement":"0.1 %"},"clauses":[)" +
         clause("I", "system.inventory",
                R"("cpu_cores":"unstated","ecc":"on","host_memory_gib":"unstated","mig":"off",)"
                R"("nvlinks":)" +
                    (ordered.nvlinks == "unstated" ? R"("unstated")" : ordered.nvlinks) +
                    R"(,"pcie_generation":5,"pcie_width":16)") +
         "," +
         clause("H", "system.health",
                R"("nvlink_recoveries":")" + ordered.recoveries + R"(","remapped_rows":")" +
                    ordered.rows + R"(","thermal_slowdown":"none","xid_counted":")" + ordered.xids +
                    R"(")") +
         "]}";
}

std::string shipped(const std::string& machine) {
  return ASSAY_SOURCE_DIR "/tests/data/machines/" + machine + ".json";
}

class SystemFindings : public testing::Test {
 protected:
  SystemFindings() {
    std::string name = (std::filesystem::temp_directory_path() / "assay-test-XXXXXX").string();
    root = ::mkdtemp(name.data());
  }
  ~SystemFindings() override { std::filesystem::remove_all(root); }

  /// A recording of the DGX B200 with both looks spoiled.
  using Spoil = std::function<void(MachineFacts& first, MachineFacts& last)>;
  std::string spoiled(const Spoil& spoil) {
    const auto text = read_file(shipped("dgx_b200"), 1U << 24U);
    EXPECT_TRUE(text);
    auto looks = read_recording(*text);
    EXPECT_TRUE(looks) << looks.error().message;
    spoil(looks->at(0), looks->at(1));
    const Json::Array both{json_of(looks->at(0)), json_of(looks->at(1))};
    std::string path = root + "/machine.json";
    EXPECT_TRUE(write_file(
        path, canonical_json(Json::Object{{"looks", both}, {"schema", "assay.machine/1"}})));
    return path;
  }

  Result<RunOutcome> run(const std::string& recording, const Ordered& ordered = {},
                         bool resume = false) {
    RunWorld world;
    world.cases = all_cases();
    world.clock = &system_clock();
    Silent progress;
    return run_campaign({.contract_bytes = contract_of(ordered),
                         .folder = root + "/out",
                         .recording = recording,
                         .resume = resume},
                        world, progress);
  }
  Judgement judged(const std::string& recording, const Ordered& ordered = {}) {
    auto outcome = run(recording, ordered);
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome ? std::move(outcome->judgement) : Judgement{};
  }
  static std::string detail(const Judgement& judgement, std::size_t clause) {
    return judgement.clauses.at(clause).verdicts.at(0).detail;
  }
  void expect_met(const Judgement& judgement) {
    for (const Defect& defect : judgement.defects) {
      ADD_FAILURE() << defect.clause << ' ' << defect.item << ' ' << defect.sentence;
    }
    EXPECT_EQ(judgement.decision, Decision::limits_met);
    const auto campaign = read_campaign(root + "/out", true);
    ASSERT_TRUE(campaign) << campaign.error().message;
    EXPECT_EQ(campaign->evidence.marks, std::vector<std::string>{"replayed"});
  }

  std::string root;
};

TEST_F(SystemFindings, OfAHealthyDgxB200MeetTheOrder) {
  expect_met(judged(shipped("dgx_b200")));
}

TEST_F(SystemFindings, OfEachOfItsGpusMeetTheOrder) {
  Ordered ordered;
  ordered.scope = "each_gpu";
  const Judgement judgement = judged(shipped("dgx_b200"), ordered);
  expect_met(judgement);
  EXPECT_EQ(judgement.clauses.at(1).accepted, 8U);
}

TEST_F(SystemFindings, OfAHealthyRtxProServerMeetTheOrder) {
  expect_met(
      judged(shipped("rtx_pro_server"), {.model = "NVIDIA RTX PRO 6000 Blackwell Server Edition",
                                         .memory = "96 GB",
                                         .power = "600 W",
                                         .nvlinks = "unstated"}));
}

TEST_F(SystemFindings, OfAHealthyH100NodeMeetTheOrder) {
  expect_met(judged(shipped("h100_node"),
                    {.model = "NVIDIA H100 80GB HBM3", .memory = "80 GB", .power = "700 W"}));
}

TEST_F(SystemFindings, OfAnH100NodeDoNotMeetAnOrderOfB200s) {
  const Judgement judgement = judged(shipped("h100_node"));
  EXPECT_EQ(judgement.decision, Decision::limits_missed);
  EXPECT_NE(detail(judgement, 0).find("gpu0 is 'NVIDIA H100 80GB HBM3'; ordered is 'NVIDIA B200'."),
            std::string::npos)
      << detail(judgement, 0);
}

TEST_F(SystemFindings, OfSevenGpusOfEightAreRejected) {
  const auto seven = spoiled([](MachineFacts& first, MachineFacts& last) {
    first.gpus.pop_back();
    last.gpus.pop_back();
    first.gpu_count.value = last.gpu_count.value = 7;
  });
  const Judgement judgement = judged(seven);
  EXPECT_EQ(judgement.decision, Decision::limits_missed);
  EXPECT_EQ(detail(judgement, 0),
            "Attempt 1 found something else than was ordered: 7 GPUs found; ordered: 8. "
            "gpu7 is missing.");
}

TEST_F(SystemFindings, OfInactiveNvlinksOnAMachineThatCallsItselfHealthyAreRejected) {
  const auto dark = spoiled([](MachineFacts& first, MachineFacts& last) {
    for (MachineFacts* look : {&first, &last}) {
      for (GpuFacts& gpu : look->gpus) {
        for (LinkFacts& link : gpu.nvlinks) {
          link.active.value = false;
        }
      }
    }
  });
  const Judgement judgement = judged(dark);
  EXPECT_EQ(judgement.decision, Decision::limits_missed);
  EXPECT_NE(detail(judgement, 0).find("gpu0's NVLink 0 is inactive."), std::string::npos);
  EXPECT_NE(detail(judgement, 0).find("And 124 more."), std::string::npos) << detail(judgement, 0);
}

TEST_F(SystemFindings, OfAGpuThatIsLostUnderLoadAreRejectedAtTheLastLook) {
  const auto lost = spoiled([](MachineFacts& /*first*/, MachineFacts& last) {
    last.gpus[3] = {.index = 3, .lost = "GPU is lost"};
    last.xids.lines = {{4390, "NVRM: Xid (PCI:0000:61:00): 79, GPU has fallen off the bus."}};
  });
  const Judgement judgement = judged(lost);
  EXPECT_EQ(judgement.clauses.at(0).accepted, 1U) << detail(judgement, 0);
  EXPECT_EQ(detail(judgement, 1),
            "Attempt 3 found something else than was ordered: gpu3 doesn't answer (GPU is lost). "
            "The kernel log has Xid 79 of 0000:61:00: 'NVRM: Xid (PCI:0000:61:00): 79, GPU has "
            "fallen off the bus.'.");
}

TEST_F(SystemFindings, OfAPowerLimitThatIsRaisedUnderLoadAreRejectedAtTheLastLook) {
  const auto raised = spoiled([](MachineFacts& /*first*/, MachineFacts& last) {
    last.gpus[3].power_limit_mw.value = 1'200'000;
  });
  const Judgement judgement = judged(raised);
  EXPECT_EQ(judgement.decision, Decision::limits_missed);
  EXPECT_EQ(detail(judgement, 1),
            "Attempt 3 found something else than was ordered: gpu3's enforced power limit was "
            "1000000 mW at the first look and is 1200000 mW now.");
}

TEST_F(SystemFindings, OfAMachineThatWasStartedAgainUnderLoadAreInconclusive) {
  const auto again = spoiled(
      [](MachineFacts& /*first*/, MachineFacts& last) { last.host.boot_id.value = "another"; });
  const Judgement judgement = judged(again);
  EXPECT_EQ(judgement.decision, Decision::not_accepted);
  EXPECT_EQ(judgement.clauses.at(1).verdicts.at(0).outcome, Outcome::inconclusive);
}

TEST_F(SystemFindings, OfAKernelLogThatRolledOverUnderLoadAreInconclusive) {
  const auto rolled = spoiled([](MachineFacts& first, MachineFacts& last) {
    last.xids.first_record = first.xids.last_record + 2;
  });
  EXPECT_EQ(judged(rolled).clauses.at(1).verdicts.at(0).outcome, Outcome::inconclusive);
}

TEST_F(SystemFindings, OfSingleGpusRejectTheOneThatIsLostAndNoOther) {
  const auto lost = spoiled([](MachineFacts& /*first*/, MachineFacts& last) {
    last.gpus[3] = {.index = 3, .lost = "GPU is lost"};
  });
  Ordered ordered;
  ordered.scope = "each_gpu";
  const Judgement judgement = judged(lost, ordered);
  EXPECT_EQ(judgement.decision, Decision::limits_missed);
  EXPECT_EQ(judgement.clauses.at(1).accepted, 7U);
  EXPECT_EQ(judgement.clauses.at(1).verdicts.at(3).reason, Reason::device_lost);
}

TEST_F(SystemFindings, OfAMachineWithoutTheDriversLibraryAreNotRunWithOneSentence) {
  const Judgement judgement = judged("");
  if (judgement.clauses.at(0).verdicts.at(0).outcome != Outcome::not_run) {
    GTEST_SKIP() << "this machine has GPUs";
  }
  EXPECT_EQ(judgement.decision, Decision::not_accepted);
  const auto journal = read_file(root + "/out/journal/00000.jsonl", 1U << 24U);
  ASSERT_TRUE(journal);
  EXPECT_NE(journal->find("libnvidia-ml.so.1"), std::string::npos);
}

TEST_F(SystemFindings, OfAnUnreadableRecordingAreNotRun) {
  ASSERT_TRUE(write_file(root + "/broken.json", "{}"));
  EXPECT_EQ(judged(root + "/broken.json").decision, Decision::not_accepted);
}

TEST_F(SystemFindings, OfARecordingCannotBePutIntoACampaignOfThisMachine) {
  ASSERT_TRUE(run(""));
  const auto mixed = run(shipped("dgx_b200"), {}, true);
  ASSERT_FALSE(mixed);
  EXPECT_NE(mixed.error().message.find("is no campaign of a recorded machine"), std::string::npos)
      << mixed.error().message;
}

/// The journal of a finished campaign, cut off before its last `lines` lines, as by `kill -9`.
void cut(const std::string& folder, int lines) {
  const std::string path = folder + "/journal/00000.jsonl";
  auto text = read_file(path, 1U << 24U);
  ASSERT_TRUE(text);
  for (int i = 0; i < lines; ++i) {
    text->pop_back();
    text->resize(text->rfind('\n') + 1);
  }
  ASSERT_TRUE(write_file(path, *text));
  std::filesystem::remove(folder + "/report.json");
}

TEST_F(SystemFindings, AreCompletedByAResumeThatComesBeforeTheLastLook) {
  ASSERT_TRUE(run(shipped("dgx_b200")));
  cut(root + "/out", 4);  // round, begin, end, close
  const auto resumed = run(shipped("dgx_b200"), {}, true);
  ASSERT_TRUE(resumed) << resumed.error().message;
  expect_met(resumed->judgement);
}

TEST_F(SystemFindings, OfALastLookThatNeverEndedAreNotTriedAgain) {
  ASSERT_TRUE(run(shipped("dgx_b200")));
  cut(root + "/out", 2);  // end, close
  const auto resumed = run(shipped("dgx_b200"), {}, true);
  ASSERT_TRUE(resumed) << resumed.error().message;
  EXPECT_EQ(resumed->judgement.decision, Decision::not_accepted);
  EXPECT_EQ(resumed->judgement.clauses.at(1).verdicts.at(0).outcome, Outcome::inconclusive);
  EXPECT_TRUE(read_campaign(root + "/out", true));
}

}  // namespace
}  // namespace assay

int main(int count, char** arguments) {
  if (count > 1 && std::string(arguments[1]) == "worker") {
    return assay::host_worker(assay::all_cases(),
                              {.module = "", .recording = count > 3 ? arguments[3] : ""});
  }
  testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
