// What bounds a window by its clock, in the journal and against the blob; and the power limit.
#include <functional>
#include <ostream>

#include "reports/judge_campaign.h"
#include "tests/reports/campaign_support.h"

namespace assay::testing_doubles {
namespace {

constexpr const char* k_gpu = "box/00000/gpu0";

/// 200 TFLOP/s on a B200; at 149 MHz, read 16 short, that is all it can do, and a little more.
SimulatedRun at_clock(std::int64_t clock_khz) {
  SimulatedRun run;
  run.architecture = "sm_100";
  run.multiprocessors = 148;
  run.clock_khz = clock_khz;
  return run;
}

CampaignBuilder with(const SimulatedRun& run) {
  CampaignBuilder builder;
  builder.open();
  for (int round = 0; round < 10; ++round) {
    builder.round();
    builder.attempts_together("C-1", {{k_gpu, run}, {"box/00000/gpu1", run}});
  }
  builder.close();
  return builder;
}

/// The verdict on the first GPU of the two that were measured, and the report.
struct Judged {
  Verdict verdict;
  std::string report;
};

Judged judged(const SimulatedRun& run) {
  const ScratchFolder folder;
  CampaignBuilder builder = with(run);
  const auto written = builder.write(folder.path());
  EXPECT_TRUE(written) << written.error().message;
  const auto judged = judge_campaign(folder.path(), true);
  EXPECT_TRUE(judged) << judged.error().message;
  return judged ? Judged{judged->judgement.clauses[0].verdicts[0], judged->report} : Judged{};
}

TEST(Bound, IsJudgedFromTheEvidence) {
  EXPECT_EQ(judged(at_clock(149'000)).verdict.outcome, Outcome::accept);
  const Judged slow = judged(at_clock(148'000));
  EXPECT_EQ(slow.verdict.outcome, Outcome::invalid);
  EXPECT_EQ(slow.verdict.reason, Reason::beyond_clock) << slow.verdict.detail;
  EXPECT_TRUE(says(slow.report, "148 multiprocessors x 8192 operations a clock x 148000 kHz"));
}

TEST(Bound, IsOfOneDeviceInAllWindowsOfAnItem) {
  CampaignBuilder builder;
  builder.open();
  SimulatedRun run = at_clock(1'965'000);
  for (int round = 0; round < 2; ++round) {
    builder.round();
    builder.attempts_together("C-1", {{k_gpu, run}, {"box/00000/gpu1", run}});
    run.multiprocessors = 147;
  }
  EXPECT_TRUE(says(refusal_of(builder),
                   "bound: 'box/00000/gpu0' has 147 multiprocessors of 'sm_100', but had 148 of "
                   "'sm_100' in its first window"))
      << refusal_of(builder);
}

TEST(Bound, IsOfNoClockAboveTheHighestThatTelemetrySaw) {
  SimulatedRun run = at_clock(1'965'000);
  run.telemetry["gpu_clock_max_khz"] = {1'965'000, ""};
  CampaignBuilder honest = with(run);
  EXPECT_EQ(refusal_of(honest), "");
  run.telemetry["gpu_clock_max_khz"] = {1'964'999, ""};
  CampaignBuilder other = with(run);
  EXPECT_TRUE(says(refusal_of(other),
                   "bound.clock_khz: is 1965000, the mean of a window in which telemetry saw "
                   "1964999 at most"))
      << refusal_of(other);
}

TEST(Bound, IsMissingWhereTheClockIsHiddenAndTheReportSaysSo) {
  const std::string sentence = "Whether the device could have done 20 of 20 values of clause C-1";
  const Judged hidden = judged(at_clock(-1));
  EXPECT_EQ(hidden.verdict.outcome, Outcome::accept) << hidden.verdict.detail;
  EXPECT_TRUE(says(hidden.report, sentence));
  EXPECT_EQ(judged(at_clock(1'965'000)).report.find("Whether the device"), std::string::npos);
}

/// A later release knows rates that the one that measured didn't.
TEST(Bound, OfARateThatWasNotKnownStaysReadableAndBoundsNothing) {
  CampaignBuilder builder = with(at_clock(148'000));
  for (Line& each : builder.journals[0]) {
    if (Json* bound = each.kind == "end" ? member(each.members, "bound") : nullptr) {
      *member(*bound->object(), "ops_per_clock") = nullptr;
      bound->object()->emplace_back("reason", "no rate is known");
    }
  }
  const ScratchFolder folder;
  ASSERT_TRUE(builder.write(folder.path()));
  const auto judged = judge_campaign(folder.path(), true);
  ASSERT_TRUE(judged) << judged.error().message;
  EXPECT_EQ(judged->judgement.clauses[0].verdicts[0].outcome, Outcome::accept);
  EXPECT_TRUE(says(judged->report, "Whether the device could have done 20 of 20 values"));
}

struct FalseBound {
  const char* name;
  std::function<void(Json::Object& end)> tell;
  const char* refusal;
  friend std::ostream& operator<<(std::ostream& out, const FalseBound& lie) {
    return out << lie.name;
  }
};

class FalseBounds : public testing::TestWithParam<FalseBound> {};

TEST_P(FalseBounds, AreRefused) {
  CampaignBuilder builder = with(at_clock(1'965'000));
  GetParam().tell(line(builder.journals[0], "end").members);
  EXPECT_TRUE(says(refusal_of(builder), GetParam().refusal));
}

std::function<void(Json::Object&)> set(const char* name, const Json& value) {
  return [name, value](Json::Object& end) { *in(end, "bound", name) = value; };
}

INSTANTIATE_TEST_SUITE_P(
    Each, FalseBounds,
    testing::Values(
        FalseBound{"ClockOfNoBlob", set("clock_khz", 1'965'001),
                   "bound.clock_khz: the line says 1965001, but its blocks say 1965000"},
        FalseBound{"HiddenClockOfABlobThatShowsIt",
                   [](Json::Object& end) {
                     *in(end, "bound", "clock_khz") = nullptr;
                     member(end, "bound")->object()->emplace_back("reason", "it is hidden");
                   },
                   "bound.clock_khz: the line says null, but its blocks say 1965000"},
        FalseBound{"NoReason", set("clock_khz", nullptr), "bound.reason: is missing"},
        FalseBound{"ReasonForNothing",
                   [](Json::Object& end) {
                     member(end, "bound")->object()->emplace_back("reason", "it was warm");
                   },
                   "bound.reason: stands there, but nothing is missing"},
        FalseBound{"ClockAsText", set("clock_khz", "1965000"), "bound.clock_khz: must be null or"},
        FalseBound{"NoClock", set("clock_khz", 0), "bound.clock_khz: must be null or"},
        FalseBound{"MoreOperations", set("ops_per_clock", 16'384),
                   "bound.ops_per_clock: is 16384, but bf16 on 'sm_100' has 8192"},
        FalseBound{"OtherArchitecture", set("architecture", "sm_90"),
                   "bound.ops_per_clock: is 8192, but bf16 on 'sm_90' has 4096"},
        FalseBound{"NoMultiprocessors", set("multiprocessors", 0), "bound.multiprocessors: is 0"},
        FalseBound{
            "UnknownMember",
            [](Json::Object& end) { member(end, "bound")->object()->emplace_back("boost", 1); },
            "bound.boost"},
        FalseBound{"None",
                   [](Json::Object& end) {
                     std::erase_if(end, [](const auto& each) { return each.first == "bound"; });
                   },
                   "bound: is missing of a window of compute.gemm"},
        FalseBound{"NoObject", [](Json::Object& end) { *member(end, "bound") = 5; }, "bound"}),
    [](const auto& chosen) { return std::string(chosen.param.name); });

TEST(Bound, StandsAtNoOtherWindow) {
  CampaignBuilder builder = usual(1);
  for (Line& each : builder.journals[0]) {
    if (each.kind == "end" && *member(each.members, "clause")->text() == "C-2") {
      each.members.emplace_back("bound", Json::Object{{"architecture", ""},
                                                      {"clock_khz", nullptr},
                                                      {"multiprocessors", 0},
                                                      {"ops_per_clock", nullptr},
                                                      {"reason", "it is simulated"}});
    }
  }
  EXPECT_TRUE(says(refusal_of(builder), "bound: this is no window of a matrix product"));
}

SimulatedRun at_limit(const char* ending, std::int64_t before_mw, std::int64_t after_mw) {
  SimulatedRun run;
  run.ending = ending;
  run.telemetry = {{"gpu_power_limit_mw_before", {before_mw, ""}},
                   {"gpu_power_limit_mw_after", {after_mw, ""}}};
  return run;
}

// The contract states 100 W.
TEST(PowerLimit, ThatIsNotTheContractsIsNoMeasuredWindow) {
  const auto refusal = [](const SimulatedRun& run) {
    CampaignBuilder builder = with(run);
    return refusal_of(builder);
  };
  const std::string measured = "ending: is measured, but the GPU's enforced power limit is 70";
  EXPECT_EQ(refusal(at_limit("measured", 100'000, 100'000)), "");
  EXPECT_TRUE(says(refusal(at_limit("measured", 70'000, 100'000)), measured));
  EXPECT_TRUE(says(refusal(at_limit("measured", 100'000, 70'000)), measured));
  EXPECT_EQ(refusal(at_limit("power_limit", 100'000, 70'000)), "");
  EXPECT_TRUE(says(refusal(at_limit("power_limit", 100'000, 100'000)), "ending: is power_limit"));
  EXPECT_TRUE(says(refusal(at_limit("power_limit", 100'000, -1)),
                   "telemetry.gpu_power_limit_mw: is -1 mW, which is no power limit"));
}

TEST(Telemetry, IsANumberOrAReason) {
  const auto refusal = [](const Json& reading) {
    CampaignBuilder builder = with({});
    member(line(builder.journals[0], "end").members, "telemetry")
        ->object()
        ->emplace_back("clock_khz", reading);
    return refusal_of(builder);
  };
  EXPECT_EQ(refusal(Json::Object{{"value", -5}}), "");
  EXPECT_EQ(refusal(Json::Object{{"reason", "no cpufreq"}, {"value", nullptr}}), "");
  EXPECT_TRUE(says(refusal(Json::Object{{"value", nullptr}}), "telemetry"));
  EXPECT_TRUE(says(refusal(Json::Object{{"value", "5"}}), "telemetry"));
  EXPECT_TRUE(says(refusal(Json::Object{{"reason", "both"}, {"value", 5}}), "telemetry"));
  EXPECT_TRUE(says(refusal(5), "telemetry"));
}

}  // namespace
}  // namespace assay::testing_doubles
