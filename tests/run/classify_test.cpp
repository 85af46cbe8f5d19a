#include "harness/run/classify.h"

#include <gtest/gtest.h>

#include "harness/run/attempt_end.h"

namespace assay {
namespace {

constexpr std::int64_t k_ms = 1'000'000;

/// Ten blocks of 100 ms.
WindowResult healthy() {
  WindowResult window;
  for (std::int64_t i = 0; i < 10; ++i) {
    window.blocks.start_ns.push_back(i * 100 * k_ms);
    window.blocks.end_ns.push_back((i + 1) * 100 * k_ms);
    for (auto* column : {&window.blocks.steps, &window.blocks.tiles}) {
      column->push_back(50);
    }
    window.blocks.full.push_back(1);
    window.blocks.wrong.push_back(0);
    window.blocks.check_ns.push_back(k_ms);
    window.blocks.clock_khz.push_back(-1);
    window.blocks.power_mw.push_back(-1);
  }
  window.start_utc_ns = 1'790'000'000'000'000'000;
  window.clock_ns = 1000 * k_ms;
  window.output_digest = std::string(64, 'a');
  return window;
}

class Classify : public testing::Test {
 protected:
  Classify() {
    plan.window_ns = 1000 * k_ms;
    tolerances = {.gap = {1, 100}, .clock = {1, 10'000}, .start_skew_s = {1, 1000}};
  }
  Ending ending() const { return classify(window, plan, tolerances).ending; }

  WindowResult window = healthy();
  WindowPlan plan;
  Tolerances tolerances;
};

TEST(ClassifyPath, CallsMessagesThatWentAnotherWayUnwitnessed) {
  const Params params{{"path", "tcp"}, {"bytes", "1000"}, {"ranks", "2"}};
  Readings telemetry{{"transport_tcp_bytes", {200'000, ""}},
                     {"transport_verbs_bytes", {std::nullopt, "nobody may look"}}};
  EXPECT_EQ(classify_path("network.transport", params, telemetry, 100).ending, Ending::unwitnessed);
  telemetry["transport_verbs_bytes"].reason = "this host has no verbs device";
  EXPECT_EQ(classify_path("network.transport", params, telemetry, 100).ending, Ending::measured);
  telemetry["transport_tcp_bytes"] = {0, ""};
  EXPECT_EQ(classify_path("network.transport", params, telemetry, 100).ending, Ending::unwitnessed);
  EXPECT_EQ(classify_path("network.send_recv", params, telemetry, 100).ending, Ending::measured);
}

TEST(ClassifyIo, CallsFilesThatNoDeviceMovedUnwitnessed) {
  Readings telemetry;
  for (const char* direction : {"read", "written"}) {
    for (const char* who : {"claimed", "process"}) {
      telemetry["storage_" + std::string(direction) + "_" + who + "_bytes"] = {1000, ""};
    }
  }
  telemetry["storage_resident_ppm"] = {0, ""};
  EXPECT_EQ(classify_io("storage.read", {}, telemetry, 1000).ending, Ending::measured);
  telemetry["storage_read_process_bytes"] = {979, ""};
  EXPECT_EQ(classify_io("storage.read", {}, telemetry, 1000).ending, Ending::unwitnessed);
  EXPECT_EQ(classify_io("storage.read", {}, telemetry, 1000).note,
            "of 1000 bytes read the process's counter has 979");
  EXPECT_EQ(classify_io("compute.memory", {}, telemetry, 1000).ending, Ending::measured);
  EXPECT_EQ(classify_io("storage.read", {}, {}, 1000).ending, Ending::unwitnessed);
}

TEST_F(Classify, CallsAHealthyWindowMeasured) {
  EXPECT_EQ(ending(), Ending::measured);
  EXPECT_EQ(classify(window, plan, tolerances).note, "");
}

TEST_F(Classify, ToleratesAGapUpToTheContractsAndNotANanosecondMore) {
  window.blocks.end_ns[4] -= 10 * k_ms;
  EXPECT_EQ(ending(), Ending::measured);
  window.blocks.end_ns[7] -= 1;
  EXPECT_EQ(ending(), Ending::gap);
}

TEST_F(Classify, ToleratesClocksApartUpToTheContractsAndNotANanosecondMore) {
  for (const std::int64_t sign : {-1, 1}) {
    window.clock_ns = 1000 * k_ms + sign * 100'000;
    EXPECT_EQ(ending(), Ending::measured);
    window.clock_ns += sign;
    EXPECT_EQ(ending(), Ending::clock);
  }
}

TEST_F(Classify, CallsAWrongSlotWrongWhateverElseIsWrong) {
  window.blocks.wrong[3] = 1;
  window.blocks.end_ns[4] -= 90 * k_ms;
  window.clock_ns = 1;
  EXPECT_EQ(ending(), Ending::wrong_result);
}

TEST_F(Classify, NamesTheFirstDifference) {
  window.blocks.wrong[3] = 1;
  window.first = {.block = 3, .mismatch = {.step = 2, .index = 17, .expected = "5", .actual = "6"}};
  EXPECT_EQ(classify(window, plan, tolerances).note,
            "block 3, step 2, element 17 is 6 instead of 5");
}

TEST_F(Classify, CallsAWindowThatEndedEarlyLate) {
  plan.window_ns += 1;
  EXPECT_EQ(ending(), Ending::late);
}

TEST_F(Classify, CallsAStartBeyondTheSkewLate) {
  plan.start_utc_ns = window.start_utc_ns - k_ms;
  EXPECT_EQ(ending(), Ending::measured);
  plan.start_utc_ns -= 1;
  EXPECT_EQ(ending(), Ending::late);
}

TEST_F(Classify, DoesNotTakeAnEmptyOrOverlappingWindowForOne) {
  window.blocks = Blocks{};
  EXPECT_EQ(ending(), Ending::gap);
  window = healthy();
  window.blocks.start_ns[5] -= 1;
  EXPECT_EQ(ending(), Ending::gap);
}

class EndOf : public Classify {
 protected:
  EndOf() {
    begin.attempt = {.number = 3, .clause = "C-1", .item = 0, .round = 2};
    begin.item = "host/00000";
    begin.dimension = Dimension::flop_rate;
    begin.begun_ns = window.start_utc_ns - k_ms;
    utc_ns = window.start_utc_ns + 2000 * k_ms;
    job.window = plan;
    launched.ready = Ready{.dimension = Dimension::flop_rate, .work_per_step = 1000};
    launched.objects = {{.name = "libc.so.6", .sha256 = "aa"}};
    launched.measured = Measured{.window = window};
    rules.tolerances = tolerances;
    rules.known_objects = {{.name = "libc.so.6", .sha256 = "aa"}};
  }

  AttemptBegin begin;
  Job job;
  Launched launched;
  EndRules rules;
  std::int64_t utc_ns = 0;  ///< When the worker has answered.
};

TEST_F(EndOf, CountsTheWorkOfAllStepsInTheWholeWindow) {
  const AttemptEnd end = end_of(begin, job, launched, rules, utc_ns);
  EXPECT_EQ(end.attempt.ending, Ending::measured);
  EXPECT_EQ(end.attempt.work, Natural{500'000});
  EXPECT_EQ(end.attempt.elapsed_ns, Natural{1'000'000'000});
  EXPECT_EQ(end.attempt.checked, 500U);
  EXPECT_FALSE(end.blob.empty());
}

TEST_F(EndOf, StatesATimeAsTheWindowAndItsSteps) {
  launched.ready->dimension = Dimension::time;
  const AttemptEnd end = end_of(begin, job, launched, rules, utc_ns);
  EXPECT_EQ(end.attempt.work, Natural{500});
  EXPECT_EQ(end.attempt.elapsed_ns, Natural{1'000'000'000});
}

TEST_F(EndOf, HoldsTheWindowAgainstTheCommonStartThatWasGiven) {
  launched.start_utc_ns = window.start_utc_ns - 2 * k_ms;
  EXPECT_EQ(end_of(begin, job, launched, rules, utc_ns).attempt.ending, Ending::late);
}

TEST_F(EndOf, CallsAnObjectThatWasNotThereBeforeAForeignEnvironment) {
  launched.objects.push_back({.name = "faster.so", .sha256 = "bb"});
  const AttemptEnd end = end_of(begin, job, launched, rules, utc_ns);
  EXPECT_EQ(end.attempt.ending, Ending::foreign_environment);
  EXPECT_NE(end.attempt.note.find("faster.so"), std::string::npos);
}

TEST_F(EndOf, CallsALibraryWithOtherBytesAForeignEnvironment) {
  launched.objects = {{.name = "libc.so.6", .sha256 = "ab"}};
  EXPECT_EQ(end_of(begin, job, launched, rules, utc_ns).attempt.ending,
            Ending::foreign_environment);
}

TEST_F(EndOf, KeepsAnotherDimensionThanTheContractsForTheJudge) {
  launched.ready->dimension = Dimension::byte_rate;
  EXPECT_EQ(end_of(begin, job, launched, rules, utc_ns).attempt.dimension, Dimension::byte_rate);
}

TEST_F(EndOf, GivesAWorkerWithoutAWindowNoWorkAndNoBlob) {
  launched.measured.reset();
  launched.failed = Failed{.ending = Ending::hung, .note = "killed"};
  const AttemptEnd end = end_of(begin, job, launched, rules, utc_ns);
  EXPECT_EQ(end.attempt.ending, Ending::hung);
  EXPECT_EQ(end.attempt.work, Natural{0});
  EXPECT_EQ(end.attempt.elapsed_ns, Natural{0});
  EXPECT_TRUE(end.blob.empty());
}

TEST_F(EndOf, TakesALauncherThatSaysNothingForACrash) {
  launched = Launched{};
  EXPECT_EQ(end_of(begin, job, launched, rules, utc_ns).attempt.ending, Ending::crashed);
}

}  // namespace
}  // namespace assay
