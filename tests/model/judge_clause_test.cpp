// One item under one clause.
#include <algorithm>
#include <compare>

#include <gtest/gtest.h>

#include "tests/model/campaign_maker.h"

namespace assay {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the helpers of these tests

struct Row {
  Rule rule;
  int met;
  int missed;
  const char* verdict;
  std::uint32_t look;
};

TEST(JudgeClause, FollowsTheTablesOfTheSignRules) {
  const std::vector<Row> rows{{Rule::sign_1_5_9, 10, 0, "ACCEPT limit_met", 10},
                              {Rule::sign_1_5_9, 9, 1, "ACCEPT limit_met", 10},
                              {Rule::sign_1_5_9, 8, 2, "INCONCLUSIVE too_few_runs", 10},
                              {Rule::sign_1_5_9, 9, 0, "INCONCLUSIVE too_few_runs", 0},
                              {Rule::sign_1_5_9, 0, 9, "INCONCLUSIVE too_few_runs", 0},
                              {Rule::sign_1_5_9, 1, 9, "REJECT below_limit", 10},
                              {Rule::sign_1_5_9, 2, 8, "INCONCLUSIVE too_few_runs", 10},
                              {Rule::sign_1_5_9, 15, 5, "ACCEPT limit_met", 20},
                              {Rule::sign_1_5_9, 14, 6, "INCONCLUSIVE too_few_runs", 20},
                              {Rule::sign_1_5_9, 21, 9, "REJECT below_limit", 10},
                              {Rule::sign_1_5_9, 22, 8, "ACCEPT limit_met", 30},
                              {Rule::sign_1_4_8, 16, 4, "ACCEPT limit_met", 20},
                              {Rule::sign_1_4_8, 15, 5, "INCONCLUSIVE too_few_runs", 20},
                              {Rule::sign_1_4_8, 22, 8, "ACCEPT limit_met", 30},
                              {Rule::sign_1_4_8, 1, 9, "REJECT below_limit", 10}};
  for (const Row& row : rows) {
    Clause clause = rate_clause();
    clause.rule = row.rule;
    const Verdict verdict = verdict_on(clause, runs(signs(row.met, row.missed)));
    EXPECT_EQ(shown(verdict), row.verdict) << row.met << " met, " << row.missed << " missed";
    EXPECT_EQ(verdict.look, row.look) << row.met << " met, " << row.missed << " missed";
  }
}

TEST(JudgeClause, DecidesAtTheLaterLooks) {
  const std::string eight = signs(2, 8);
  const std::string two = signs(8, 2);
  EXPECT_EQ(shown(verdict_on(rate_clause(), runs(eight + signs(3, 7)))), "REJECT below_limit");
  EXPECT_EQ(shown(verdict_on(rate_clause(), runs(eight + signs(4, 6)))),
            "INCONCLUSIVE too_few_runs");
  EXPECT_EQ(shown(verdict_on(rate_clause(), runs(eight + signs(4, 6) + signs(3, 7)))),
            "REJECT below_limit");
  EXPECT_EQ(shown(verdict_on(rate_clause(), runs(eight + signs(4, 6) + signs(4, 6)))),
            "INCONCLUSIVE undecided");
  EXPECT_EQ(shown(verdict_on(rate_clause(), runs(two + signs(6, 4) + signs(7, 3)))),
            "ACCEPT limit_met");
  EXPECT_EQ(shown(verdict_on(rate_clause(), runs(two + signs(6, 4) + signs(6, 4)))),
            "INCONCLUSIVE undecided");
  Clause strict = rate_clause();
  strict.rule = Rule::sign_1_4_8;
  EXPECT_EQ(shown(verdict_on(strict, runs(two + signs(6, 4) + signs(7, 3)))),
            "INCONCLUSIVE undecided");
  EXPECT_EQ(shown(verdict_on(strict, runs(eight + signs(2, 8)))), "REJECT below_limit");
  EXPECT_EQ(shown(verdict_on(strict, runs(eight + signs(3, 7)))), "INCONCLUSIVE too_few_runs");
  EXPECT_EQ(shown(verdict_on(strict, runs(eight + signs(3, 7) + signs(3, 7)))),
            "REJECT below_limit");
}

TEST(JudgeClause, StaysWithTheLookThatDecided) {
  const Verdict verdict = verdict_on(rate_clause(), runs(signs(10, 0) + signs(0, 20)));
  EXPECT_EQ(shown(verdict), "ACCEPT limit_met");
  EXPECT_EQ(verdict.runs, 10U);
  EXPECT_EQ(verdict.below, 0U);
  EXPECT_EQ(verdict.attempts, 30U);
}

TEST(JudgeClause, CountsInTheOrderOfNumbersNotOfTheEvidence) {
  std::vector<Attempt> attempts = runs(signs(0, 9) + signs(21, 0));
  std::reverse(attempts.begin(), attempts.end());
  EXPECT_EQ(shown(verdict_on(rate_clause(), attempts)), "REJECT below_limit");
}

TEST(JudgeClause, TakesAValueExactlyAtTheLimitForMet) {
  std::vector<Attempt> attempts = runs(signs(10, 0));
  for (Attempt& attempt : attempts) {
    attempt.work = Natural{k_limit} * k_window_ns;
  }
  EXPECT_EQ(shown(verdict_on(rate_clause(), attempts)), "ACCEPT limit_met");
  for (Attempt& attempt : attempts) {
    attempt.work -= 1;
  }
  EXPECT_EQ(verdict_on(rate_clause(), attempts).below, 10U);
}

TEST(JudgeClause, HoldsTheGuardBandAgainstTheSupplier) {
  Contract contract = contract_of({rate_clause()});
  contract.conditions.block_gap = quantity("1 %");  // U_B = 2 x 1 % / sqrt 3 = 1.1548 %
  std::vector<Attempt> attempts = runs(signs(10, 0));
  const auto below = [&](Natural work) {
    for (Attempt& attempt : attempts) {
      attempt.work = work;
    }
    return judged(contract, evidence_of(attempts)).clauses[0].verdicts[0].below;
  };
  EXPECT_EQ(below(Natural{101'168} * k_window_ns / 1000), 10U);
  EXPECT_EQ(below(Natural{101'169} * k_window_ns / 1000), 0U);
}

TEST(JudgeClause, WantsTheWholeWindowOfATime) {
  Clause clause = rate_clause();
  clause.comparator = Comparator::at_most;
  clause.limit = quantity("12 us");
  clause.plausible = quantity("5 us");
  std::vector<Attempt> attempts = runs(signs(10, 0));
  for (Attempt& attempt : attempts) {
    attempt.dimension = Dimension::time;
    attempt.work = 1'000'000;
    attempt.elapsed_ns = k_window_ns;  // of 10 us each
  }
  EXPECT_EQ(verdict_on(clause, attempts).below, 0U);
  attempts[0].elapsed_ns -= 1;
  EXPECT_EQ(verdict_on(clause, attempts).below, 1U) << "as fast, but not for as long";
}

TEST(JudgeClause, JudgesTimesFromAbove) {
  constexpr Natural k_steps = 10'000'000;
  Clause clause = rate_clause();
  clause.comparator = Comparator::at_most;
  clause.limit = quantity("12 us");
  clause.every_run = quantity("20 us");
  clause.plausible = quantity("5 us");
  std::vector<Attempt> attempts = runs(signs(10, 0));
  for (Attempt& attempt : attempts) {
    attempt.dimension = Dimension::time;
    attempt.work = k_steps;
    attempt.elapsed_ns = 12'000 * k_steps;
  }
  EXPECT_EQ(shown(verdict_on(clause, attempts)), "ACCEPT limit_met");
  attempts[0].elapsed_ns = attempts[1].elapsed_ns = 12'000 * k_steps + 1;
  EXPECT_EQ(verdict_on(clause, attempts).below, 2U);
  attempts[1].elapsed_ns = 20'000 * k_steps + 1;
  EXPECT_EQ(shown(verdict_on(clause, attempts)), "REJECT run_below_floor");
  attempts[1].elapsed_ns = 5'000 * k_steps - 1;
  EXPECT_EQ(shown(verdict_on(clause, attempts)), "INVALID implausible");
  attempts[1].work = 0;
  EXPECT_EQ(shown(verdict_on(clause, attempts)), "INVALID unverified");
  attempts[1].work = k_steps;
  attempts[1].elapsed_ns = 0;
  EXPECT_EQ(shown(verdict_on(clause, attempts)), "INVALID unverified");
}

TEST(JudgeClause, RejectsAWrongResultWhereverItStands) {
  for (const std::size_t place : {std::size_t{0}, std::size_t{9}, std::size_t{29}}) {
    std::vector<Attempt> attempts = runs(signs(30, 0));
    attempts[place].wrong = 1;
    EXPECT_EQ(shown(verdict_on(rate_clause(), attempts)), "REJECT wrong_result") << place;
    attempts[place].wrong = 0;
    attempts[place].ending = Ending::wrong_result;
    EXPECT_EQ(shown(verdict_on(rate_clause(), attempts)), "REJECT wrong_result") << place;
    attempts[place].ending = Ending::device_lost;
    EXPECT_EQ(shown(verdict_on(rate_clause(), attempts)), "REJECT device_lost") << place;
  }
}

TEST(JudgeClause, HoldsAnItemInvalidThatACacheMayHaveAnsweredFor) {
  std::vector<Attempt> attempts = runs(signs(30, 0));
  attempts[4].ending = Ending::unwitnessed;
  attempts[4].note = "half of the files were in the page cache";
  const Verdict verdict = verdict_on(rate_clause(), attempts);
  EXPECT_EQ(shown(verdict), "INVALID unwitnessed");
  EXPECT_NE(verdict.detail.find("measured: half of the files were in the page cache."),
            std::string::npos);
}

TEST(JudgeClause, CountsEveryBadEndingAsBelow) {
  for (const Ending ending : {Ending::crashed, Ending::hung, Ending::late, Ending::gap,
                              Ending::clock, Ending::no_telemetry, Ending::power_limit,
                              Ending::foreign_environment, Ending::no_end, Ending::unsupported}) {
    Clause clause = rate_clause();
    clause.every_run = quantity("90 GFLOP/s");
    std::vector<Attempt> attempts = runs(signs(10, 0));
    attempts[3].ending = ending;
    EXPECT_EQ(verdict_on(clause, attempts).below, 1U) << name_of(ending);
    EXPECT_EQ(shown(verdict_on(clause, attempts)), "ACCEPT limit_met") << name_of(ending);
    attempts[4].ending = ending;
    EXPECT_EQ(shown(verdict_on(clause, attempts)), "INCONCLUSIVE too_few_runs") << name_of(ending);
  }
}

TEST(JudgeClause, CountsABurstShorterThanTheWindowAsBelow) {
  std::vector<Attempt> attempts = runs(signs(10, 0));
  attempts[0].elapsed_ns = k_window_ns - 1;
  attempts[1].elapsed_ns = k_window_ns;
  attempts[2].elapsed_ns = k_window_ns + 1;  // the last block may overshoot
  EXPECT_EQ(verdict_on(rate_clause(), attempts).below, 1U);
  Evidence evidence = evidence_of(attempts);
  evidence.marks = {"reduced"};
  EXPECT_EQ(judged(contract_of({rate_clause()}), evidence).clauses[0].verdicts[0].below, 0U);
}

TEST(JudgeClause, RejectsOneRunUnderTheFloor) {
  Clause clause = rate_clause();
  clause.every_run = quantity("95 GFLOP/s");
  std::vector<Attempt> attempts = runs(signs(20, 0));
  attempts[4] = run_at(94, 5);
  EXPECT_EQ(shown(verdict_on(clause, attempts)), "REJECT run_below_floor");
  attempts[4] = run_at(95, 5);
  EXPECT_EQ(shown(verdict_on(clause, attempts)), "ACCEPT limit_met");
  attempts[14] = run_at(94, 15);  // after the look that decided
  EXPECT_EQ(shown(verdict_on(clause, attempts)), "REJECT run_below_floor");
  attempts[14] = run_at(95, 15);
  EXPECT_EQ(shown(verdict_on(clause, attempts)), "ACCEPT limit_met");
  attempts.resize(3);
  attempts[2] = run_at(94, 3);
  EXPECT_EQ(shown(verdict_on(clause, attempts)), "REJECT run_below_floor");
}

TEST(JudgeClause, InvalidatesWhatIsNoUsableEvidence) {
  for (const std::size_t place : {std::size_t{0}, std::size_t{29}}) {
    const std::vector<Attempt> good = runs(signs(30, 0));
    auto attempts = good;
    attempts[place].checked = 0;
    EXPECT_EQ(shown(verdict_on(rate_clause(), attempts)), "INVALID unverified");
    attempts = good;
    attempts[place] = run_at(301, static_cast<std::uint32_t>(place + 1));
    EXPECT_EQ(shown(verdict_on(rate_clause(), attempts)), "INVALID implausible");
    attempts = good;
    attempts[place].dimension = Dimension::byte_rate;
    EXPECT_EQ(shown(verdict_on(rate_clause(), attempts)), "INVALID other_unit");
    attempts = good;
    attempts[place].number = 15;
    EXPECT_EQ(shown(verdict_on(rate_clause(), attempts)), "INVALID duplicate_evidence");
    attempts = good;
    attempts[place].round = 15;
    EXPECT_EQ(shown(verdict_on(rate_clause(), attempts)), "INVALID duplicate_evidence");
    attempts = good;
    attempts[place].elapsed_ns = 0;
    EXPECT_EQ(shown(verdict_on(rate_clause(), attempts)), "INVALID unverified");
    attempts = good;
    attempts[place].serial = "A";
    attempts[15].serial = "B";
    EXPECT_EQ(shown(verdict_on(rate_clause(), attempts)), "INVALID device_changed");
  }
}

TEST(JudgeClause, LetsNoInvalidRunHideAWrongResult) {
  std::vector<Attempt> attempts = runs(signs(10, 0));
  attempts[2].wrong = 1;
  attempts[5] = run_at(301, 6);
  attempts[6].checked = 0;
  EXPECT_EQ(shown(verdict_on(rate_clause(), attempts)), "REJECT wrong_result");
}

TEST(JudgeClause, DoesNotCountWhatTheBuyerExcuses) {
  Contract contract = contract_of({rate_clause()});
  contract.max_invalid = 2;
  std::vector<Attempt> attempts = runs("--" + signs(10, 0));
  attempts[0].excused = attempts[1].excused = true;
  const auto verdict = [&] {
    return judged(contract, evidence_of(attempts)).clauses[0].verdicts[0];
  };
  EXPECT_EQ(shown(verdict()), "ACCEPT limit_met");
  EXPECT_EQ(verdict().below, 0U);
  EXPECT_EQ(verdict().excused, 2U);
  attempts[2].excused = true;
  EXPECT_EQ(shown(verdict()), "INVALID too_many_excused");
}

TEST(JudgeClause, IsNotRunWithoutEvidence) {
  EXPECT_EQ(shown(verdict_on(rate_clause(), {})), "NOT_RUN no_evidence");
  std::vector<Attempt> unsupported = runs(signs(30, 0));
  for (Attempt& attempt : unsupported) {
    attempt.ending = Ending::unsupported;
  }
  EXPECT_EQ(shown(verdict_on(rate_clause(), unsupported)), "NOT_RUN unsupported");
}

TEST(JudgeClause, WantsTheRunsOnEnoughDays) {
  Contract contract = contract_of({rate_clause()});
  contract.days = 3;
  std::vector<Attempt> attempts = runs(signs(20, 0));
  const auto verdict = [&] {
    return shown(judged(contract, evidence_of(attempts)).clauses[0].verdicts[0]);
  };
  attempts[3].day += 1;
  EXPECT_EQ(verdict(), "INCONCLUSIVE too_few_days");
  attempts[5].day += 2;
  EXPECT_EQ(verdict(), "ACCEPT limit_met");
}

TEST(JudgeClause, DecidesAtTheNextLookWhereDaysAreMissing) {
  Contract contract = contract_of({rate_clause()});
  contract.days = 3;
  const auto verdict = [&](std::vector<Attempt> attempts) {
    attempts[3].day += 1;
    for (std::size_t i = 12; i < attempts.size(); ++i) {
      attempts[i].day += 2;
    }
    return judged(contract, evidence_of(attempts)).clauses[0].verdicts[0];
  };
  const std::string good = signs(10, 0);
  const Verdict open = verdict(runs(good + signs(9, 0)));
  EXPECT_EQ(shown(open), "INCONCLUSIVE too_few_days");
  EXPECT_NE(open.detail.find("next look needs 20 runs"), std::string::npos) << open.detail;
  EXPECT_EQ(shown(verdict(runs(good + signs(5, 5)))), "ACCEPT limit_met");
  EXPECT_EQ(verdict(runs(good + signs(5, 5))).look, 20U);
  EXPECT_EQ(shown(verdict(runs(good + signs(4, 6)))), "INCONCLUSIVE too_few_runs")
      << "that look's count decides, not that of the one before";
  EXPECT_EQ(shown(verdict(runs(good + signs(4, 6) + signs(6, 4)))), "INCONCLUSIVE undecided");
  contract.days = 4;
  EXPECT_EQ(shown(verdict(runs(good + good + good))), "INCONCLUSIVE too_few_days");
}

TEST(JudgeClause, NeverAcceptsWithoutALimit) {
  Clause clause = rate_clause();
  clause.limit.reset();
  EXPECT_EQ(shown(verdict_on(clause, runs(signs(10, 0)))), "REJECT below_limit");
}

TEST(JudgeClause, GivesTheWorseMiddleValueAsMedian) {
  std::vector<Attempt> attempts = runs(signs(10, 0));
  for (std::uint32_t i = 0; i < 10; ++i) {
    attempts[i] = run_at(110 - i, i + 1);
  }
  const Verdict verdict = verdict_on(rate_clause(), attempts);
  ASSERT_TRUE(verdict.median);
  EXPECT_TRUE(std::is_eq(compare(*verdict.median, {105'000'000'000, 1})));
}

TEST(JudgeOnce, IsAcceptedOnlyIfEveryAttemptFoundWhatWasOrdered) {
  Clause clause = rate_clause();
  clause.rule = Rule::once;
  clause.limit.reset();
  clause.window.reset();
  Attempt found = ended(Ending::measured, 1);
  EXPECT_EQ(shown(verdict_on(clause, {found})), "REJECT not_as_ordered");
  found.matching = 1;
  EXPECT_EQ(shown(verdict_on(clause, {found})), "ACCEPT limit_met");
  EXPECT_EQ(shown(verdict_on(clause, {})), "NOT_RUN no_evidence");
  Attempt later = ended(Ending::measured, 2);
  EXPECT_EQ(shown(verdict_on(clause, {found, later})), "REJECT not_as_ordered");
  later.matching = 1;
  EXPECT_EQ(shown(verdict_on(clause, {ended(Ending::crashed, 1), later})),
            "INCONCLUSIVE ended_badly");
  EXPECT_EQ(shown(verdict_on(clause, {found, later})), "ACCEPT limit_met");
  EXPECT_EQ(shown(verdict_on(clause, {found, ended(Ending::crashed, 2)})),
            "INCONCLUSIVE ended_badly");
  Attempt other = ended(Ending::measured, 1);
  other.note = "gpu1 is missing.";
  EXPECT_EQ(verdict_on(clause, {other}).detail,
            "Attempt 1 found something else than was ordered: gpu1 is missing.");
}

TEST(JudgeZeroWrong, NeedsTheOperationsAndNoWrongOne) {
  Clause clause = rate_clause();
  clause.rule = Rule::zero_wrong;
  clause.limit = Quantity{"1000", Dimension::count, {1000, 1}};
  clause.plausible.reset();
  Attempt attempt = run_at(0, 1);
  attempt.dimension = Dimension::count;
  attempt.work = 999;
  EXPECT_EQ(shown(verdict_on(clause, {attempt})), "INCONCLUSIVE too_few_runs");
  attempt.work = 1000;
  const Verdict verdict = verdict_on(clause, {attempt});
  EXPECT_EQ(shown(verdict), "ACCEPT limit_met");
  EXPECT_NE(verdict.detail.find("of 40 checked outputs"), std::string::npos) << verdict.detail;
  EXPECT_NE(verdict.detail.find("0.0750"), std::string::npos) << verdict.detail;
  Attempt few = attempt;
  few.checked = 3;  // fewer than 3 / 3 of all: no bound
  EXPECT_EQ(shown(verdict_on(clause, {few})), "INCONCLUSIVE too_few_runs");
  few.checked = 4;
  EXPECT_EQ(shown(verdict_on(clause, {few})), "ACCEPT limit_met");
  Attempt other = attempt;
  other.number = other.round = 2;
  other.wrong = 1;
  EXPECT_EQ(shown(verdict_on(clause, {attempt, other})), "REJECT wrong_result");
  other.wrong = other.checked = 0;
  EXPECT_EQ(shown(verdict_on(clause, {attempt, other})), "INVALID unverified");
  EXPECT_EQ(shown(verdict_on(clause, {attempt, ended(Ending::crashed, 2)})),
            "INCONCLUSIVE ended_badly");
  attempt.elapsed_ns = k_window_ns / 2;
  EXPECT_EQ(shown(verdict_on(clause, {attempt})), "INCONCLUSIVE too_few_runs");
  clause.limit.reset();
  attempt.elapsed_ns = k_window_ns;
  attempt.work = 0;
  EXPECT_EQ(shown(verdict_on(clause, {attempt})), "INCONCLUSIVE too_few_runs");
}

TEST(JudgePoisson, CountsEventsOverTheWholeWindow) {
  Clause clause = rate_clause();
  clause.rule = Rule::poisson;
  clause.limit.reset();
  clause.plausible.reset();
  clause.at_most_events = 2;
  clause.window = quantity("30 s");
  std::vector<Attempt> attempts;
  for (std::uint32_t i = 1; i <= 3; ++i) {
    attempts.push_back(run_at(0, i));
    attempts.back().dimension = Dimension::count;
    attempts.back().work = i == 1 ? 2 : 0;
  }
  EXPECT_EQ(shown(verdict_on(clause, attempts)), "ACCEPT limit_met");
  auto crashed = attempts;
  crashed.push_back(ended(Ending::crashed, 4));
  EXPECT_EQ(shown(verdict_on(clause, crashed)), "REJECT events_exceeded");
  attempts[2].work = 1;
  EXPECT_EQ(shown(verdict_on(clause, attempts)), "REJECT events_exceeded");
  attempts[2].work = 0;
  attempts[2].elapsed_ns -= 1;
  EXPECT_EQ(shown(verdict_on(clause, attempts)), "INCONCLUSIVE too_few_runs");
  attempts[2].dimension = Dimension::flop_rate;
  EXPECT_EQ(shown(verdict_on(clause, attempts)), "INVALID other_unit");
}

TEST(GuardBand, IsTwiceTheRootOfTheSummedSquaresOverThreeRoundedUp) {
  Contract contract = contract_of({rate_clause()});
  const Clause& clause = contract.clauses[0];
  EXPECT_EQ(guard_band_ppb(contract, clause), 0U);
  contract.conditions.block_gap = quantity("1 %");
  EXPECT_EQ(guard_band_ppb(contract, clause), 11'547'006U);
  contract.conditions.clock_disagreement = quantity("0.01 %");
  EXPECT_EQ(guard_band_ppb(contract, clause), 11'547'583U);
  contract.conditions.session_spread = quantity("5 %");
  EXPECT_EQ(guard_band_ppb(contract, clause), 58'878'520U);
  contract.conditions = {};
  contract.conditions.start_skew = quantity("1 ms");  // 1e-4 of a window of 10 s
  EXPECT_EQ(guard_band_ppb(contract, clause), 115'471U);
  contract.clauses[0].concurrent = Concurrency::one_at_a_time;
  EXPECT_EQ(guard_band_ppb(contract, clause), 0U);
}

}  // namespace
}  // namespace assay
