// One value out of the parts of a system.
#include <array>

#include <gtest/gtest.h>

#include "tests/model/campaign_maker.h"

namespace assay {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the helpers of these tests

/// A system of four GPUs on two nodes: items 1, 2, 4 and 5; 6 is the system.
class JudgeSystem : public ::testing::Test {
 protected:
  JudgeSystem() {
    Clause clause = rate_clause("C-1", Scope::system);
    clause.aggregate = Aggregate::sum;
    clause.limit = quantity("400 GFLOP/s");
    clause.plausible = quantity("1200 GFLOP/s");
    contract_ = contract_of({clause}, 2, 2);
    for (const ItemIndex item : k_parts) {
      for (const Attempt& attempt : runs(signs(10, 0), item)) {
        attempts_.push_back(attempt);
      }
    }
  }

  Clause& clause() { return contract_.clauses[0]; }
  /// The run of the part with that place in k_parts, in that round.
  Attempt& run(std::size_t part, std::size_t round) { return attempts_[part * 10 + round - 1]; }
  [[nodiscard]] Verdict verdict() const {
    return judged(contract_, evidence_of(attempts_)).clauses[0].verdicts.at(0);
  }

  static constexpr std::array<ItemIndex, 4> k_parts{1, 2, 4, 5};
  Contract contract_;
  std::vector<Attempt> attempts_;
};

/// The same run of something whose value is a time.
Attempt run_of_10_us(Attempt attempt) {
  attempt.dimension = Dimension::time;
  attempt.work = 1'000'000;
  attempt.elapsed_ns = k_window_ns;
  return attempt;
}

TEST_F(JudgeSystem, SumsTheRatesOfItsParts) {
  run(0, 1) = run_at(97, 1, 1);  // 97 + 3 x 101 = 400
  EXPECT_EQ(shown(verdict()), "ACCEPT limit_met");
  EXPECT_EQ(verdict().below, 0U);
  EXPECT_EQ(verdict().item, 6U);
  EXPECT_TRUE(std::is_eq(compare(*verdict().median, {404'000'000'000, 1})));
  run(0, 1).work -= 1;
  EXPECT_EQ(verdict().below, 1U);
}

TEST_F(JudgeSystem, RoundsEachPartOfASumAgainstTheSupplier) {
  clause().limit = quantity("4 FLOP/s");
  for (Attempt& attempt : attempts_) {
    attempt.work = attempt.elapsed_ns / 1'000'000'000;  // 1 FLOP/s
  }
  EXPECT_EQ(verdict().below, 0U);
  for (Attempt& attempt : attempts_) {
    attempt.work = 1;
    attempt.elapsed_ns = 1'000'000'000'000'000'001;  // a hair under 1e-9 of a base unit
  }
  clause().window.reset();
  clause().limit = Quantity{"x", Dimension::flop_rate, {4, 1'000'000'000}};
  EXPECT_EQ(verdict().below, 10U);
}

TEST_F(JudgeSystem, TakesTheSlowestTimesTheCount) {
  clause().aggregate = Aggregate::slowest_times_count;
  run(2, 3) = run_at(100, 3, 4);
  EXPECT_EQ(verdict().below, 0U);
  run(2, 3).work -= 1;
  EXPECT_EQ(verdict().below, 1U);
}

TEST_F(JudgeSystem, TakesTheMinimumOfRatesAndTheMaximumOfTimes) {
  clause().limit = quantity("101 GFLOP/s");
  for (const Aggregate aggregate : {Aggregate::minimum, Aggregate::none}) {
    clause().aggregate = aggregate;
    EXPECT_EQ(verdict().below, 0U);
  }
  run(1, 2).work -= 1;
  EXPECT_EQ(verdict().below, 1U);

  clause().aggregate = Aggregate::minimum;
  clause().comparator = Comparator::at_most;
  clause().limit = quantity("10 us");
  clause().plausible.reset();
  for (Attempt& attempt : attempts_) {
    attempt = run_of_10_us(attempt);
  }
  EXPECT_EQ(verdict().below, 0U);
  run(3, 7).work -= 1;
  EXPECT_EQ(verdict().below, 1U);
  run(2, 8) = ended(Ending::hung, 8, 4);  // no time at all
  EXPECT_EQ(verdict().below, 2U);
}

TEST_F(JudgeSystem, TakesAQuantileOfItsParts) {
  clause().aggregate = Aggregate::quantile;
  clause().limit = quantity("101 GFLOP/s");
  clause().quantile = quantity("50 %");  // the second smallest of four
  run(0, 1) = run_at(50, 1, 1);
  EXPECT_EQ(verdict().below, 0U);
  run(1, 1) = run_at(100, 1, 2);
  EXPECT_EQ(verdict().below, 1U);
  run(1, 1) = ended(Ending::crashed, 1, 2);
  EXPECT_EQ(verdict().below, 1U);

  clause().comparator = Comparator::at_most;
  clause().limit = quantity("10 us");
  clause().plausible.reset();
  clause().quantile = quantity("75 %");  // the third smallest of four
  for (Attempt& attempt : attempts_) {
    attempt = run_of_10_us(run_at(0, attempt.round, attempt.item));
  }
  run(0, 1).work /= 10;
  EXPECT_EQ(verdict().below, 0U);
  run(1, 1).work -= 1;
  EXPECT_EQ(verdict().below, 1U);
  clause().quantile = quantity("74 %");
  EXPECT_EQ(verdict().below, 1U);
  clause().quantile = quantity("50 %");
  EXPECT_EQ(verdict().below, 0U);
}

TEST_F(JudgeSystem, GivesPartsThatLeaveTheCommonWindowNothing) {
  run(3, 4).start_ns += 400'000'000;  // 4 % of the window
  EXPECT_EQ(verdict().below, 0U);
  run(3, 4).start_ns += 200'000'000;
  EXPECT_EQ(verdict().below, 1U);
  run(3, 4).start_ns += 3'600'000'000'000;
  EXPECT_EQ(verdict().below, 1U);
  clause().concurrent = Concurrency::one_at_a_time;
  EXPECT_EQ(verdict().below, 0U);
}

TEST_F(JudgeSystem, GivesALateOrLostPartZeroAndTheRunStands) {
  clause().every_run = quantity("390 GFLOP/s");
  run(0, 1) = ended(Ending::late, 1, 1);
  EXPECT_EQ(verdict().below, 1U);
  EXPECT_EQ(shown(verdict()), "ACCEPT limit_met");
  clause().limit = quantity("303 GFLOP/s");
  EXPECT_EQ(verdict().below, 0U);
  run(0, 1) = run_at(80, 1, 1);
  EXPECT_EQ(shown(verdict()), "REJECT run_below_floor");
}

TEST_F(JudgeSystem, IsRejectedByAWrongResultInAnyPart) {
  run(2, 10).wrong = 1;
  run(0, 1).checked = 0;
  EXPECT_EQ(shown(verdict()), "REJECT wrong_result");
}

TEST_F(JudgeSystem, IsInvalidatedByAnyPart) {
  run(2, 10).checked = 0;
  EXPECT_EQ(shown(verdict()), "INVALID unverified");
}

TEST_F(JudgeSystem, HoldsThePlausibleBoundAgainstTheWhole) {
  run(0, 1) = run_at(890, 1, 1);
  EXPECT_EQ(shown(verdict()), "ACCEPT limit_met");
  run(0, 1) = run_at(898, 1, 1);
  EXPECT_EQ(shown(verdict()), "INVALID implausible");
}

TEST_F(JudgeSystem, CountsARoundWithoutAPartAsBelowButRejectsNobodyForIt) {
  attempts_.erase(attempts_.begin() + 9);  // round 10 of the first part
  EXPECT_EQ(shown(verdict()), "ACCEPT limit_met");
  EXPECT_EQ(verdict().below, 1U);
  attempts_.erase(attempts_.begin(), attempts_.begin() + 8);
  EXPECT_EQ(shown(verdict()), "INCONCLUSIVE part_missing");
  attempts_.erase(attempts_.begin());
  EXPECT_EQ(shown(verdict()), "INCONCLUSIVE part_missing");
  EXPECT_EQ(verdict().below, 10U);
  attempts_.clear();
  EXPECT_EQ(shown(verdict()), "NOT_RUN no_evidence");
}

TEST_F(JudgeSystem, RejectsOnRoundsThatAreWhole) {
  for (std::size_t round = 1; round <= 9; ++round) {
    run(1, round) = run_at(90, static_cast<std::uint32_t>(round), 2);
  }
  EXPECT_EQ(shown(verdict()), "REJECT below_limit");
}

TEST_F(JudgeSystem, LeavesOutARoundThatTheBuyerExcuses) {
  contract_.max_invalid = 1;
  run(1, 2).excused = true;
  run(2, 2).excused = true;
  EXPECT_EQ(shown(verdict()), "INCONCLUSIVE too_few_runs");
  EXPECT_EQ(verdict().excused, 1U);
  EXPECT_EQ(verdict().attempts, 10U);
  run(1, 3).excused = true;
  EXPECT_EQ(shown(verdict()), "INVALID too_many_excused");
  contract_.max_invalid = 0;
  run(1, 3).excused = run(2, 2).excused = false;
  EXPECT_EQ(shown(verdict()), "INVALID too_many_excused");
}

TEST_F(JudgeSystem, FindsTwoAttemptsOfOnePartInARound) {
  run(1, 2).round = 3;
  EXPECT_EQ(shown(verdict()), "INVALID duplicate_evidence");
}

TEST_F(JudgeSystem, OneAttemptOnTheWholeStandsForNoPart) {
  clause().aggregate = Aggregate::none;
  clause().rule = Rule::zero_wrong;
  clause().limit.reset();
  clause().plausible.reset();
  EXPECT_EQ(shown(verdict()), "ACCEPT limit_met");
  attempts_ = {run_at(101, 1, 6)};
  EXPECT_EQ(shown(verdict()), "NOT_RUN no_evidence");
}

TEST_F(JudgeSystem, AWrongResultOrABadEndOfOnePartIsThatOfTheWhole) {
  clause().aggregate = Aggregate::none;
  clause().rule = Rule::zero_wrong;
  clause().limit.reset();
  clause().plausible.reset();
  run(2, 5).wrong = 1;
  EXPECT_EQ(shown(verdict()), "REJECT wrong_result");
  run(2, 5).wrong = 0;
  run(2, 5).ending = Ending::device_lost;
  EXPECT_EQ(shown(verdict()), "REJECT device_lost");
  run(2, 5).ending = Ending::crashed;
  EXPECT_EQ(shown(verdict()), "INCONCLUSIVE ended_badly");
}

TEST_F(JudgeSystem, WantsAWholeWindowOfEveryPartForZeroWrong) {
  clause().aggregate = Aggregate::none;
  clause().rule = Rule::zero_wrong;
  clause().limit.reset();
  clause().plausible.reset();
  EXPECT_EQ(shown(verdict()), "ACCEPT limit_met");
  for (std::uint32_t round = 1; round <= 10; ++round) {
    run(2, round).elapsed_ns -= 1;
  }
  EXPECT_EQ(shown(verdict()), "INCONCLUSIVE too_few_runs")
      << "ten short windows are no long one, and the others can't run in its place";
  EXPECT_NE(verdict().detail.find("box/00001/gpu0"), std::string::npos) << verdict().detail;
  run(0, 5).elapsed_ns *= 10;
  EXPECT_EQ(shown(verdict()), "INCONCLUSIVE too_few_runs");
  run(2, 7).elapsed_ns += 1;
  EXPECT_EQ(shown(verdict()), "ACCEPT limit_met");
}

TEST_F(JudgeSystem, HoldsTheFloorAfterTheLookThatDecided) {
  clause().every_run = quantity("390 GFLOP/s");
  for (std::size_t part = 0; part < k_parts.size(); ++part) {
    attempts_.push_back(run_at(101, 11, k_parts[part]));
  }
  EXPECT_EQ(shown(verdict()), "ACCEPT limit_met");
  attempts_.back() = run_at(80, 11, k_parts.back());
  EXPECT_EQ(shown(verdict()), "REJECT run_below_floor");
}

TEST_F(JudgeSystem, HasNoSumOfTimes) {
  clause().comparator = Comparator::at_most;
  clause().limit = quantity("10 s");
  for (Attempt& attempt : attempts_) {
    attempt.dimension = Dimension::time;
  }
  EXPECT_EQ(shown(verdict()), "INVALID other_unit");
}

TEST_F(JudgeSystem, PoolsEventsAndFindsOfAllItsParts) {
  clause().rule = Rule::poisson;
  clause().at_most_events = 1;
  clause().window = quantity("400 s");
  clause().plausible.reset();
  for (Attempt& attempt : attempts_) {
    attempt.dimension = Dimension::count;
    attempt.work = 0;
  }
  EXPECT_EQ(shown(verdict()), "ACCEPT limit_met");
  run(0, 1).work = run(3, 1).work = 1;
  EXPECT_EQ(shown(verdict()), "REJECT events_exceeded");

  clause().rule = Rule::once;
  for (Attempt& attempt : attempts_) {
    attempt.matching = 1;
  }
  EXPECT_EQ(shown(verdict()), "ACCEPT limit_met");
  run(2, 1).matching = 0;
  EXPECT_EQ(shown(verdict()), "REJECT not_as_ordered");
  attempts_.resize(20);
  EXPECT_EQ(shown(verdict()), "INCONCLUSIVE part_missing");
}

}  // namespace
}  // namespace assay
