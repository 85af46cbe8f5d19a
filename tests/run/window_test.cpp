#include "harness/run/window.h"

#include <array>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "harness/run/draw.h"
#include "tests/doubles/scripted_backend.h"
#include "tests/doubles/scripted_clock.h"
#include "tests/doubles/scripted_probe.h"

namespace assay {
namespace {

constexpr std::int64_t k_ms = 1'000'000;

/// Remembers what a kernel was asked to do.
class RecordingKernel final : public Kernel {
 public:
  explicit RecordingKernel(Kernel& inner) : inner_(inner) {}
  [[nodiscard]] Ran ran() const override { return inner_.ran(); }
  [[nodiscard]] Dimension dimension() const override { return inner_.dimension(); }
  [[nodiscard]] Natural work_per_step() const override { return inner_.work_per_step(); }
  [[nodiscard]] std::uint64_t tuples() const override { return inner_.tuples(); }
  [[nodiscard]] std::uint32_t slots() const override { return inner_.slots(); }
  Result<Done> poison(std::span<const Step> steps) override { return inner_.poison(steps); }
  Result<Done> run(std::span<const Step> steps) override {
    batches.emplace_back(steps.begin(), steps.end());
    return inner_.run(steps);
  }
  Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps) override {
    return inner_.witness(steps);
  }
  Result<CheckResult> check(std::span<const Step> steps, const Seed& challenge,
                            std::span<const std::uint32_t> full) override {
    ++looks;
    const bool first_look = challenges.insert(challenge).second;
    fulls.insert(fulls.end(), full.begin(), full.end());
    checked.emplace_back();
    for (const std::uint32_t index : full) {
      checked.back().push_back(steps[index]);
    }
    auto result = inner_.check(steps, challenge, full);
    if (result) {
      result->tiles -= tiles_kept_back;
    }
    if (result && errs_at_first && first_look) {
      result->wrong = 1;
      result->first = Mismatch{.expected = "1", .actual = "2"};
    }
    if (result && hides_all_but_from_full && full.size() > 1) {
      result->wrong = 1;
      result->first = Mismatch{.step = full.front(), .expected = "1", .actual = "0"};
    }
    return result;
  }
  Result<Done> flip(std::uint32_t slot, std::uint64_t bit) override {
    return inner_.flip(slot, bit);
  }
  [[nodiscard]] std::uint64_t slot_bits() const override { return inner_.slot_bits(); }
  [[nodiscard]] bool whole_is_cheap() const override { return cheap; }

  bool cheap = false, hides_all_but_from_full = false;
  std::vector<std::vector<Step>> checked;  // whole slots, call by call
  std::vector<std::vector<Step>> batches;
  std::set<Seed> challenges;
  std::size_t looks = 0;
  std::uint64_t tiles_kept_back = 0;
  bool errs_at_first = false;  ///< Sees each batch's first slot wrong once, and then right.
  std::vector<std::uint32_t> fulls;

 private:
  Kernel& inner_;
};

class RunWindow : public testing::Test {
 protected:
  RunWindow() {
    script.pass = [this](std::int64_t ns) { clock.pass(ns); };
    plan.window_ns = 1000 * k_ms;
    plan.clause = "C-1";
    plan.item = "host/00000";
    plan.attempt = 1;
  }

  Result<WindowResult> run() {
    scripted = make_scripted_kernel(script, Seed{7});
    kernel = std::make_unique<RecordingKernel>(*scripted);
    kernel->tiles_kept_back = tiles_kept_back;
    kernel->errs_at_first = errs_at_first;
    kernel->cheap = cheap;
    kernel->hides_all_but_from_full = hides_all_but_from_full;
    return run_window(*kernel, clock, probe, plan);
  }

  ScriptedClock clock;
  ScriptedProbe probe;
  Script script;
  WindowPlan plan;
  std::uint64_t tiles_kept_back = 0;
  bool errs_at_first = false;
  bool cheap = false, hides_all_but_from_full = false;
  std::unique_ptr<Kernel> scripted;
  std::unique_ptr<RecordingKernel> kernel;
};

TEST_F(RunWindow, IsMadeOfContiguousBlocksOfAtLeastTheShortestLength) {
  const auto result = run();
  ASSERT_TRUE(result);
  const auto sums = sums_of(result->blocks);
  ASSERT_TRUE(sums);
  EXPECT_EQ(sums->gap_ns, 0);
  EXPECT_EQ(result->blocks.start_ns.front(), 0);
  EXPECT_GE(sums->shortest_ns, plan.shortest_block_ns);
  EXPECT_EQ(result->blocks.size(), 10U);
}

TEST_F(RunWindow, CountsEveryStepOnceAndEndsWithTheLastBatch) {
  script.step_ns = 70 * k_ms;
  const auto result = run();
  ASSERT_TRUE(result);
  const auto sums = sums_of(result->blocks);
  ASSERT_TRUE(sums);
  EXPECT_EQ(sums->elapsed_ns, sums->steps * script.step_ns);
  EXPECT_GE(sums->elapsed_ns, plan.window_ns);
  EXPECT_LT(sums->elapsed_ns, plan.window_ns + 2 * script.step_ns);
}

TEST_F(RunWindow, KeepsOneStepThatIsLongerThanTheWindow) {
  script.step_ns = 3000 * k_ms;
  const auto result = run();
  ASSERT_TRUE(result);
  EXPECT_GE(result->blocks.steps.front(), 1);
  EXPECT_GE(result->blocks.full.front(), 1);
}

TEST_F(RunWindow, UsesATupleOnceInABlock) {
  script.tuples = 4096;
  const auto result = run();
  ASSERT_TRUE(result);
  std::size_t batch = kernel->batches.size();
  for (std::size_t block = result->blocks.size(); block-- > 0;) {
    std::set<std::uint64_t> tuples;
    std::int64_t steps = 0;
    while (steps < result->blocks.steps[block]) {
      for (const Step& step : kernel->batches[--batch]) {
        EXPECT_TRUE(tuples.insert(step.tuple).second) << "block " << block;
        ++steps;
      }
    }
    EXPECT_EQ(steps, result->blocks.steps[block]);
  }
}

TEST_F(RunWindow, WritesEachSlotOnceInABatchAndComparesATileOfEach) {
  const auto result = run();
  ASSERT_TRUE(result);
  for (const auto& batch : kernel->batches) {
    std::set<std::uint32_t> slots;
    for (const Step& step : batch) {
      EXPECT_TRUE(slots.insert(step.slot).second);
    }
  }
  EXPECT_EQ(result->blocks.tiles, result->blocks.steps);
}

TEST_F(RunWindow, DrawsANewChallengeForEachBatch) {
  const auto result = run();
  ASSERT_TRUE(result);
  EXPECT_GT(kernel->challenges.size(), result->blocks.size());
}

TEST_F(RunWindow, KeepsFullChecksWithinTheirShareOfTheTime) {
  script.check_ns = 2 * k_ms;
  plan.window_ns = 10'000 * k_ms;
  const auto result = run();
  ASSERT_TRUE(result);
  const auto sums = sums_of(result->blocks);
  ASSERT_TRUE(sums);
  EXPECT_GT(sums->full, 20);
  EXPECT_LE(sums->check_ns, plan.window_ns / 100 + script.check_ns);
}

TEST_F(RunWindow, ChecksOneSlotAsAWholeEvenIfThatIsDearerThanItsShare) {
  script.check_ns = 400 * k_ms;
  const auto result = run();
  ASSERT_TRUE(result);
  EXPECT_EQ(sums_of(result->blocks)->full, 1);
  EXPECT_EQ(result->log2_miss, -60.0);
}

TEST_F(RunWindow, ChecksOneSlotAsAWholeEvenIfTheWindowEndsInItsLastCheck) {
  script.step_ns = 100 * k_ms;
  script.tile_ns = 300 * k_ms;  // so that the time drawn for the full check is often never reached
  for (plan.attempt = 1; plan.attempt <= 40; ++plan.attempt) {
    const auto result = run();
    ASSERT_TRUE(result) << result.error().message;
    const auto sums = sums_of(result->blocks);
    ASSERT_TRUE(sums) << sums.error().message;
    EXPECT_EQ(sums->full, 1) << plan.attempt;
    EXPECT_EQ(sums->tiles, sums->steps);
    EXPECT_EQ(result->log2_miss, -60.0);
  }
}

TEST_F(RunWindow, CountsAWrongSlotOnceWhereItsWindowEndsInItsLastCheck) {
  script.step_ns = 100 * k_ms;
  script.tile_ns = 300 * k_ms;
  script.fault = Fault::silent;
  for (plan.attempt = 1; plan.attempt <= 40; ++plan.attempt) {
    const auto result = run();
    ASSERT_TRUE(result);
    const auto sums = sums_of(result->blocks);
    ASSERT_TRUE(sums) << sums.error().message;
    EXPECT_EQ(sums->wrong, sums->steps) << plan.attempt;
  }
}

TEST_F(RunWindow, KeepsASlotWrongThatASecondLookSeesRight) {
  script.step_ns = 100 * k_ms;
  script.tile_ns = 300 * k_ms;
  plan.window_ns = 450 * k_ms;
  errs_at_first = true;
  int second_looks = 0;
  for (plan.attempt = 1; plan.attempt <= 60; ++plan.attempt) {
    const auto result = run();
    ASSERT_TRUE(result) << result.error().message;
    const auto sums = sums_of(result->blocks);
    ASSERT_TRUE(sums) << sums.error().message;
    const std::size_t batches = kernel->challenges.size() - 1;  // without the calibration's
    EXPECT_EQ(sums->wrong, static_cast<std::int64_t>(batches)) << plan.attempt;
    EXPECT_TRUE(result->first);
    second_looks += kernel->looks > batches + 2 ? 1 : 0;
  }
  EXPECT_GT(second_looks, 0) << "no window ended in its last check";
}

TEST_F(RunWindow, GoesOnAfterAWrongResultAndKeepsTheFirst) {
  script.fault = Fault::wrong;
  script.fault_at = 500;
  const auto result = run();
  ASSERT_TRUE(result);
  const auto sums = sums_of(result->blocks);
  ASSERT_TRUE(result->first);
  EXPECT_GE(sums->elapsed_ns, plan.window_ns);
  EXPECT_GT(sums->wrong, 1);
  EXPECT_GT(result->first->block, 0U);
  EXPECT_NE(result->first->mismatch.expected, result->first->mismatch.actual);
  std::vector<Step> all;
  for (const auto& batch : kernel->batches) {
    all.insert(all.end(), batch.begin(), batch.end());
  }
  EXPECT_EQ(result->first->step, all.at(500));
}

TEST_F(RunWindow, FindsOutputsThatWereNeverWritten) {
  script.fault = Fault::silent;
  const auto result = run();
  ASSERT_TRUE(result);
  EXPECT_EQ(sums_of(result->blocks)->wrong, sums_of(result->blocks)->steps);
}

TEST_F(RunWindow, RefusesAKernelThatChecksLessThanItWasAskedTo) {
  script.fault = Fault::unchecked;
  const auto result = run();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Error::Code::io);
}

TEST_F(RunWindow, RefusesAKernelThatComparesOneTileLessThanItWasAskedTo) {
  tiles_kept_back = 1;
  EXPECT_FALSE(run());
}

TEST_F(RunWindow, UsesTheFixedTuplesOnceInTheFirstBlock) {
  script.tuples = 8;
  script.step_ns = 15 * k_ms;
  ASSERT_TRUE(run());
  std::set<std::uint64_t> tuples;
  std::size_t batch = 3;  // after those of the soak
  for (std::int64_t steps = 0; steps < 7; ++batch) {
    for (const Step& step : kernel->batches.at(batch)) {
      EXPECT_TRUE(tuples.insert(step.tuple).second);
      ++steps;
    }
  }
}

TEST_F(RunWindow, GivesTheSameOutputDigestForEqualOperandsAtAnySpeedAndNumberOfSlots) {
  const auto slow = run();
  script.step_ns = 100'000;
  script.slots = 2;
  plan.item = "host/00001";
  const auto fast = run();
  ASSERT_TRUE(slow && fast);
  EXPECT_EQ(slow->output_digest, fast->output_digest);
  EXPECT_EQ(slow->output_digest.size(), 64U);
}

TEST_F(RunWindow, GivesAnotherOutputDigestInAnotherRoundOrClauseEvenForEqualOutputs) {
  const auto first = run();
  plan.link[0] ^= 1U;
  const auto next_round = run();
  plan.link[0] ^= 1U;
  plan.clause = "C-2";
  const auto other_clause = run();
  ASSERT_TRUE(first && next_round && other_clause);
  EXPECT_NE(first->output_digest, next_round->output_digest);
  EXPECT_NE(first->output_digest, other_clause->output_digest);
}

TEST_F(RunWindow, SoaksBeforeItCounts) {
  plan.soak_ns = 500 * k_ms;
  const std::int64_t begun = clock.utc_ns();
  const auto result = run();
  ASSERT_TRUE(result);
  EXPECT_GE(result->start_utc_ns - begun, plan.soak_ns);
}

TEST_F(RunWindow, StartsAtTheCommonStartAndNotBefore) {
  plan.soak_ns = 200 * k_ms;
  plan.start_utc_ns = clock.utc_ns() + 777 * k_ms + 13;
  const auto result = run();
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->late);
  EXPECT_EQ(result->start_utc_ns, plan.start_utc_ns);
}

TEST_F(RunWindow, IsLateIfTheSoakEndsAfterTheCommonStart) {
  plan.soak_ns = 900 * k_ms;
  plan.start_utc_ns = clock.utc_ns() + 777 * k_ms;
  const auto result = run();
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->late);
  EXPECT_EQ(result->blocks.size(), 0U);
}

TEST_F(RunWindow, StatesItsLengthByTheSecondClock) {
  clock.witness_ppm = 200;
  const auto result = run();
  ASSERT_TRUE(result);
  const std::int64_t elapsed = sums_of(result->blocks)->elapsed_ns;
  EXPECT_NEAR(static_cast<double>(result->clock_ns - elapsed),
              static_cast<double>(elapsed) * 200e-6, 2.0);
}

TEST_F(RunWindow, KeepsWhatTheMachineHidesAsMinusOne) {
  probe.power = 150'000;
  const auto result = run();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->blocks.clock_khz.back(), -1);
  EXPECT_EQ(result->blocks.power_mw.back(), 150'000);
}

TEST_F(RunWindow, FailsAsTheKernelFails) {
  script.fault = Fault::lose;
  script.fault_at = 300;
  const auto result = run();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Error::Code::device);
}

TEST(DrawnOrder, IsAPermutationAgainAndAgain) {
  DrawnOrder order(97, Digest{1});
  for (int round = 0; round < 3; ++round) {
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 97; ++i) {
      const std::uint64_t value = order.next();
      EXPECT_LT(value, 97U);
      EXPECT_TRUE(seen.insert(value).second);
    }
  }
}

TEST(Draw, IsFairAndDependsOnItsSeed) {
  Draw one(Digest{1});
  Draw other(Digest{2});
  std::array<int, 6> counts{};
  int equal = 0;
  for (int i = 0; i < 60'000; ++i) {
    const std::uint64_t value = one.below(6);
    ++counts.at(value);
    equal += value == other.below(6) ? 1 : 0;
  }
  for (const int count : counts) {
    EXPECT_NEAR(count, 10'000, 400);
  }
  EXPECT_NEAR(equal, 10'000, 400);
}

// Where reading is all that a full check takes, none of the slots that are left goes unread.
TEST_F(RunWindow, ReadsEverySlotThatIsLeftAfterItWhereThatIsCheap) {
  plan.check_share_ppm = 0;  // so that nothing else is checked as a whole but the one that must be
  script.check_ns = 5 * k_ms;
  cheap = true;
  const auto result = run();
  ASSERT_TRUE(result) << result.error().message;
  std::map<std::uint32_t, Step> left;  // by slot
  std::int64_t in_block = 0;
  for (auto batch = kernel->batches.rbegin(); in_block < result->blocks.steps.back(); ++batch) {
    in_block += static_cast<std::int64_t>(batch->size());
    for (const Step& step : *batch) {
      left.insert({step.slot, step});
    }
  }
  EXPECT_EQ(left.size(), script.slots);
  ASSERT_FALSE(kernel->checked.empty());
  for (const Step& step : kernel->checked.back()) {
    EXPECT_EQ(left.at(step.slot), step);
  }
  std::int64_t full = 0;
  for (const std::int64_t each : result->blocks.full) {
    full += each;
  }
  EXPECT_GE(kernel->checked.back().size(), script.slots - 1U);
  EXPECT_LE(full, static_cast<std::int64_t>(script.slots) + 1);
  const auto sums = sums_of(result->blocks);
  ASSERT_TRUE(sums);
  EXPECT_LT(sums->elapsed_ns, plan.window_ns + 20 * k_ms) << "it is no part of the window";
}

TEST_F(RunWindow, LeavesThemUnreadWhereAFullCheckIsMore) {
  plan.check_share_ppm = 0;
  const auto result = run();
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_LE(kernel->checked.back().size(), 1U);
}

// One is wrong in a place that no tile shows.
TEST_F(RunWindow, CountsWhatOnlyAFullCheckOfALeftSlotShows) {
  plan.check_share_ppm = 0;
  cheap = hides_all_but_from_full = true;
  const auto result = run();
  ASSERT_TRUE(result) << result.error().message;
  const auto sums = sums_of(result->blocks);
  ASSERT_TRUE(sums);
  EXPECT_EQ(result->blocks.wrong.back(), 1);
  EXPECT_EQ(sums->wrong, 1);
  ASSERT_TRUE(result->first);
  EXPECT_EQ(result->first->block, result->blocks.size() - 1);
}

}  // namespace
}  // namespace assay
