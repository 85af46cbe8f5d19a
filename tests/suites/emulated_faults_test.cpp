// Whole campaigns on an emulated node of two GPUs, one of which is at fault: each fault ends in its
// verdict on that GPU, and the healthy one beside it is accepted.
#include <cstdlib>
#include <filesystem>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

#include "harness/run/campaign_run.h"
#include "harness/run/host_worker.h"
#include "reports/campaign.h"
#include "reports/files.h"
#include "tests/doubles/scripted_campaign.h"

namespace assay {
namespace {

/// A healthy emulated GPU meets it many times over, however busy the machine is.
constexpr const char* k_trivial =
    R"("rule":"1-5-9","at_least":"0.001 GFLOP/s","at_most_plausible":"1000 GFLOP/s")";

constexpr Natural k_operations = Natural{2} * 64 * 64 * 128;  ///< Of one product.

/// What is ordered and multiplied.
struct Ordered {
  const char* model = "NVIDIA B200";
  const char* memory = "180 GB";
  const char* power_limit = "1000 W";
  const char* types = R"("input":"bf16","accumulate":"f32","output":"bf16")";
  const char* k = "128";
};

std::string contract_with(const std::string& limits, const Ordered& ordered) {
  return R"({"schema":"assay.contract/1","id":"faults","purpose":"demonstration",)"
         R"("title":{"en":"t"},"parties":{"buyer":{"name":"b"},"supplier":{"name":"s"}},)"
         R"("inventory":[{"id":"b200","kind":"dgx-b200","nodes":1,"gpus":{"model":")" +
         std::string(ordered.model) + R"(","count":2,"memory":")" + ordered.memory +
         R"(","power_limit":")" + ordered.power_limit + R"("}}],"sessions":{"days":1},)" +
         R"("conditions":{"block_gap":"1 %","clock_disagreement":"0.1 %"},"max_invalid":0,)"
         R"("clauses":[{"id":"E-1","title":{"en":"t"},"case":"compute.gemm","population":"b200",)"
         R"("scope":"each_gpu","concurrent":"one_at_a_time","params":{)" +
         ordered.types +
         R"(,"sparsity":"dense","emulation":"forbidden",)"
         R"("operands":"integers","m":64,"n":64,"k":)" +
         ordered.k + R"(},"window":"0.1 s",)" + limits +
         R"(,"weight":"mandatory","defect_class":1}]})";
}

class EmulatedFaults : public testing::Test {
 protected:
  EmulatedFaults() {
    std::string name = (std::filesystem::temp_directory_path() / "assay-test-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~EmulatedFaults() override { std::filesystem::remove_all(root_); }

  /// The verdicts of GPU 0, which is healthy, and GPU 1.
  [[nodiscard]] std::vector<Verdict> verdicts(const std::string& fault,
                                              const std::string& limits = k_trivial,
                                              const Ordered& ordered = {}) const {
    RunWorld world;
    world.cases = all_cases();
    world.clock = &system_clock();
    world.grace_ns = 15'000'000'000;
    world.worker.push_back(ASSAY_EMULATED_MODULE ",gpus=2,on=1,every=5,fault=" + fault);
    Silent progress;
    auto outcome = run_campaign({.contract_bytes = contract_with(limits, ordered),
                                 .folder = root_ + "/out",
                                 .backend = "cuda",
                                 .marks = {"emulated"}},
                                world, progress);
    EXPECT_TRUE(outcome) << outcome.error().message;
    const auto campaign = read_campaign(root_ + "/out", true);
    EXPECT_TRUE(campaign) << campaign.error().message;
    return outcome ? outcome->judgement.clauses.at(0).verdicts : std::vector<Verdict>(2);
  }

  [[nodiscard]] std::string whole(const std::string& name) const {
    const auto text = read_file(root_ + name, std::size_t{1} << 24U);
    EXPECT_TRUE(text) << text.error().message;
    return text ? *text : "";
  }
  /// Of 20 lines that end an attempt.
  [[nodiscard]] std::size_t times_in_journal(const std::string& part) const {
    const std::string journal = whole("/out/journal/00000.jsonl");
    std::size_t times = 0;
    for (std::size_t at = journal.find(part); at != std::string::npos;
         at = journal.find(part, at + 1)) {
      ++times;
    }
    return times;
  }

  std::string root_;
};

struct Ending {
  const char* fault;
  Outcome outcome;
  Reason reason;
  const char* detail;
  friend std::ostream& operator<<(std::ostream& out, const Ending& ending) {
    return out << ending.fault;
  }
};

class EachFault : public EmulatedFaults, public testing::WithParamInterface<Ending> {};

TEST_P(EachFault, EndsInItsVerdict) {
  const std::vector<Verdict> found = verdicts(GetParam().fault);
  EXPECT_EQ(found.at(0).outcome, Outcome::accept) << found.at(0).detail;
  EXPECT_EQ(found.at(1).outcome, GetParam().outcome) << found.at(1).detail;
  EXPECT_EQ(found.at(1).reason, GetParam().reason) << found.at(1).detail;
  EXPECT_NE(found.at(1).detail.find(GetParam().detail), std::string::npos) << found.at(1).detail;
}
INSTANTIATE_TEST_SUITE_P(
    All, EachFault,
    testing::Values(Ending{"none", Outcome::accept, Reason::limit_met, "0 of 10"},
                    Ending{"skipped", Outcome::reject, Reason::wrong_result, "were wrong"},
                    Ending{"cached", Outcome::reject, Reason::wrong_result, "were wrong"},
                    Ending{"cheaper", Outcome::reject, Reason::wrong_result, "were wrong"},
                    Ending{"sparse", Outcome::reject, Reason::wrong_result, "were wrong"},
                    Ending{"ecc", Outcome::reject, Reason::device_lost, "was lost"},
                    Ending{"lost", Outcome::reject, Reason::device_lost, "was lost"},
                    Ending{"out_of_memory", Outcome::reject, Reason::below_limit, "ended badly"}),
    [](const auto& tested) { return std::string(tested.param.fault); });

// A product of 2 x 64 x 64 x 128 in no less than 100 ms is 10.5 MFLOP/s at most. A healthy one
// takes a few ms, so that a host that is busy or sanitized may take five times as long.
TEST_F(EmulatedFaults, ASlowGpuIsRejectedBesideAHealthyOne) {
  const std::vector<Verdict> found = verdicts(
      "slow", R"("rule":"1-5-9","at_least":"0.011 GFLOP/s","at_most_plausible":"1000 GFLOP/s")");
  EXPECT_EQ(found.at(0).outcome, Outcome::accept) << found.at(0).detail;
  EXPECT_EQ(found.at(1).outcome, Outcome::reject) << found.at(1).detail;
  EXPECT_EQ(found.at(1).reason, Reason::below_limit);
}

// One attempt is enough: each waits until the watchdog's time is over.
TEST_F(EmulatedFaults, AGpuThatHangsIsEndedByTheWatchdogAndHasNoPass) {
  const std::vector<Verdict> found = verdicts("hang,every=8", R"("rule":"zero_wrong")");
  EXPECT_EQ(found.at(0).outcome, Outcome::accept) << found.at(0).detail;
  EXPECT_EQ(found.at(1).outcome, Outcome::inconclusive) << found.at(1).detail;
  EXPECT_EQ(found.at(1).reason, Reason::ended_badly);
  const auto campaign = read_campaign(root_ + "/out", true);
  ASSERT_TRUE(campaign);
  EXPECT_EQ(campaign->evidence.attempts.back().ending, assay::Ending::hung);
  EXPECT_EQ(campaign->evidence.attempts.back().note,
            "the worker was killed at its deadline, after its window");
}

// It starts one product of 2 x 64 x 64 x 128 in each period of 10 ms, and the time between counts;
// a window may begin and end within a period.
TEST_F(EmulatedFaults, AThrottledGpuIsMeasuredWithItsPauses) {
  EXPECT_EQ(verdicts("throttled").at(1).outcome, Outcome::accept);
  const auto campaign = read_campaign(root_ + "/out", true);
  ASSERT_TRUE(campaign);
  for (const Attempt& attempt : campaign->evidence.attempts) {
    const bool throttled = campaign->roster.at(attempt.item).id == "b200/00000/gpu1";
    EXPECT_GT(attempt.work, Natural{0});
    if (throttled) {
      EXPECT_LE(attempt.work, (attempt.elapsed_ns / 10'000'000 + 2) * k_operations);
    }
    EXPECT_EQ(attempt.rate.clock_khz, throttled ? 196'000 : 1'965'000);
    EXPECT_EQ(attempt.rate.multiprocessors, 148U);
    EXPECT_EQ(attempt.rate.ops_per_clock, 8192U);
  }
  EXPECT_EQ(times_in_journal(R"("gpu_hw_thermal_ppm":{"value":1000000})"), 10U);
  EXPECT_EQ(times_in_journal(R"("gpu_hw_thermal_ppm":{"value":0})"), 10U);
  EXPECT_EQ(times_in_journal(R"("gpu_slowed_thermal_ppm":{"value":1000000})"), 10U);
  EXPECT_EQ(times_in_journal(R"("gpu_slowed_thermal_ppm":{"value":0})"), 10U);
  EXPECT_EQ(times_in_journal(R"("gpu_slowed_power_ppm":{"value":0})"), 20U);
  EXPECT_EQ(times_in_journal(R"("gpu_temperature_mc_after":{"value":88000})"), 10U);
}

// One multiprocessor of an RTX PRO does 4 operations in f64: 68 MFLOP/s at 1 MHz, read 16 short,
// and 10 GFLOP/s at its own clock, which the emulation doesn't reach. With many terms to an output
// little of its time goes into checks, so that a busy host does ten times the former, too.
TEST_F(EmulatedFaults, AGpuWhoseClockDoesNotAllowItsValueIsInvalidBesideAHealthyOne) {
  const Ordered ordered{.model = "NVIDIA RTX PRO 6000 Blackwell Server Edition",
                        .memory = "96 GB",
                        .power_limit = "600 W",
                        .types = R"("input":"f64","accumulate":"f64","output":"f64")",
                        .k = "4096"};
  const std::vector<Verdict> found =
      verdicts("low_clock,model=rtx_pro_6000,multiprocessors=1", k_trivial, ordered);
  EXPECT_EQ(found.at(0).outcome, Outcome::accept) << found.at(0).detail;
  EXPECT_EQ(found.at(1).outcome, Outcome::invalid) << found.at(1).detail;
  EXPECT_EQ(found.at(1).reason, Reason::beyond_clock);
  EXPECT_NE(found.at(1).detail.find("1 multiprocessors x 4 operations a clock x 1000 kHz"),
            std::string::npos)
      << found.at(1).detail;
}

TEST_F(EmulatedFaults, AGpuThatHidesItsClockIsBoundByNothingAndTheReportSaysSo) {
  EXPECT_EQ(verdicts("hidden_clock").at(1).outcome, Outcome::accept);
  EXPECT_EQ(times_in_journal(R"("clock_khz":null,"multiprocessors":148,"ops_per_clock":8192,)"
                             R"("reason":"nvmlDeviceGetClockInfo: Not Supported"})"),
            10U);
  EXPECT_NE(whole("/out/report.json")
                .find("Whether the device could have done 10 of 20 values of clause E-1"),
            std::string::npos);
}

TEST_F(EmulatedFaults, AGpuThatHoldsToAnotherPowerLimitCountsAsBelow) {
  const std::vector<Verdict> found = verdicts("low_power_limit");
  EXPECT_EQ(found.at(0).outcome, Outcome::accept) << found.at(0).detail;
  EXPECT_EQ(found.at(1).outcome, Outcome::reject) << found.at(1).detail;
  EXPECT_EQ(found.at(1).reason, Reason::below_limit);
  EXPECT_GE(times_in_journal(R"("ending":"power_limit")"), 9U);
  EXPECT_GE(times_in_journal("the GPU's enforced power limit is 700.0 W, and the contract states "
                             "1000 W"),
            9U);
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
