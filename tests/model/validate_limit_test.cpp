// The limits of a clause, the bounds around them and how a system's value is formed.
#include "tests/model/validate_support.h"

namespace assay {
namespace {

using namespace testing_validate;  // NOLINT(google-build-using-namespace): the helpers of these
                                   // tests

TEST(ValidateLimit, RefusesALimitThatPromisesNothing) {
  expect_refusals({
      {[](Contract& c) { c.clauses[0].limit.reset(); },
       "clauses[0].at_least: missing; rule 1-5-9 compares runs with a limit"},
      {[](Contract& c) { c.clauses[0].limit = q("0 TFLOP/s"); },
       "clauses[0].at_least: '0 TFLOP/s' is not above zero"},
      {[](Contract& c) { c.clauses[0].comparator = Comparator::at_most; },
       "clauses[0].at_most: a rate is promised from below: at_least"},
      {[](Contract& c) { c.clauses[0].limit = q("12 us"); },
       "clauses[0].at_least: a time is promised from above: at_most"},
  });
}

TEST(ValidateLimit, CatchesASlippedDecimalPoint) {
  expect_refusals({
      {[](Contract& c) { c.clauses[0].plausible.reset(); },
       "clauses[0].at_most_plausible: missing; it is what catches a slipped decimal point and a "
       "value too good to be measured"},
      {[](Contract& c) { c.clauses[0].limit = q("162 TFLOP/s"); },
       "clauses[0].at_most_plausible: '2382 TFLOP/s' is more than a factor of 3 from the limit "
       "'162 "
       "TFLOP/s': has a decimal point slipped?"},
      {[](Contract& c) { c.clauses[0].limit = q("16200 TFLOP/s"); },
       "clauses[0].at_most_plausible: '2382 TFLOP/s' is not beyond the limit '16200 TFLOP/s'"},
      {[](Contract& c) { c.clauses[0].plausible = q("2382 GB/s"); },
       "clauses[0].at_most_plausible: '2382 GB/s' is of another kind than the limit '1620 "
       "TFLOP/s'"},
      {[](Contract& c) { c.clauses[0].plausible = q("4860.1 TFLOP/s"); },
       "clauses[0].at_most_plausible: '4860.1 TFLOP/s' is more than a factor of 3 from the limit "
       "'1620 TFLOP/s': has a decimal point slipped?"},
  });
  expect_refusals({
      {[](Contract& c) { c.clauses[0].plausible = q("1620 TFLOP/s"); },
       "clauses[0].at_most_plausible: '1620 TFLOP/s' is not beyond the limit '1620 TFLOP/s'"},
      {[](Contract& c) {
         c.conditions.session_spread = q("5 %");
         c.clauses[0].plausible = q("1700 TFLOP/s");
       },
       "clauses[0].at_most_plausible: '1700 TFLOP/s' is within the guard band of the limit '1620 "
       "TFLOP/s', so that no run can be plausible and meet it"},
  });
  Contract contract = sound();
  contract.clauses[0].plausible = q("4860 TFLOP/s");
  EXPECT_EQ(refusal_of(contract), "accepted");
}

/// Three equal tolerances make a guard band of exactly twice each: 0.02 %.
TEST(ValidateLimit, AllowsABoundThatMeetsTheLimitExactly) {
  Contract contract = sound();
  contract.conditions.block_gap = contract.conditions.session_spread = q("0.01 %");
  contract.clauses[0].every_run.reset();
  contract.clauses[0].limit = q("1999.6 TFLOP/s");
  contract.clauses[0].plausible = q("2000 TFLOP/s");
  EXPECT_EQ(refusal_of(contract), "accepted");
  contract.clauses[0].plausible = q("1999.99 TFLOP/s");
  EXPECT_NE(refusal_of(contract), "accepted");
  contract.clauses[0].plausible = q("2000 TFLOP/s");
  contract.clauses.push_back(latency());
  contract.clauses.back().limit = q("10.002 us");
  contract.clauses.back().plausible = q("10 us");
  EXPECT_EQ(refusal_of(contract), "accepted");
  contract.clauses.back().plausible = q("10.001 us");
  EXPECT_NE(refusal_of(contract), "accepted");
}

TEST(ValidateLimit, AllowsADemonstrationTrivialLimits) {
  Contract contract = sound();
  contract.purpose = Purpose::demonstration;
  contract.clauses[0].every_run.reset();
  contract.clauses[0].limit = q("1 GFLOP/s");
  EXPECT_EQ(refusal_of(contract), "accepted");
}

TEST(ValidateLimit, MirrorsPlausibilityForTimes) {
  const auto with = [](const std::function<void(Clause&)>& change) {
    Contract contract = sound();
    contract.clauses.push_back(latency());
    change(contract.clauses.back());
    return refusal_of(contract);
  };
  EXPECT_EQ(with([](Clause& c) { c.plausible = q("13 us"); }),
            "clauses[2].at_least_plausible: '13 us' is not beyond the limit '12 us'");
  EXPECT_EQ(with([](Clause& c) { c.plausible = q("11.9 us"); }),
            "clauses[2].at_least_plausible: '11.9 us' is within the guard band of the limit '12 "
            "us', so that no run can be plausible and meet it");
  EXPECT_EQ(with([](Clause& c) { c.plausible = q("3.9 us"); }),
            "clauses[2].at_least_plausible: '3.9 us' is more than a factor of 3 from the limit '12 "
            "us': has a decimal point slipped?");
  EXPECT_EQ(with([](Clause& c) { c.every_run = q("11 us"); }),
            "clauses[2].every_run_at_most: '11 us' is stricter than the limit '12 us'");
}

TEST(ValidateLimit, KeepsTheFloorOfEveryRunOnTheLosingSide) {
  expect_refusals({
      {[](Contract& c) { c.clauses[0].every_run = q("1621 TFLOP/s"); },
       "clauses[0].every_run_at_least: '1621 TFLOP/s' is stricter than the limit '1620 TFLOP/s'"},
      {[](Contract& c) { c.clauses[0].every_run = q("1571 GB/s"); },
       "clauses[0].every_run_at_least: '1571 GB/s' is of another kind than the limit '1620 "
       "TFLOP/s'"},
      {[](Contract& c) { c.clauses[0].every_run = q("0 TFLOP/s"); },
       "clauses[0].every_run_at_least: '0 TFLOP/s' is not above zero"},
  });
}

TEST(ValidateLimit, BindsAProvisionalLimitFromBelow) {
  expect_refusals({
      {[](Contract& c) { c.clauses[0].provisional = true; },
       "clauses[0].freeze_not_below: missing; a provisional limit without it could be frozen at "
       "anything"},
      {[](Contract& c) {
         c.clauses[0].provisional = true;
         c.clauses[0].freeze_not_below = q("1700 TFLOP/s");
       },
       "clauses[0].freeze_not_below: '1700 TFLOP/s' is stricter than the limit '1620 TFLOP/s'"},
      {[](Contract& c) { c.clauses[0].freeze_not_below = q("1200 TFLOP/s"); },
       "clauses[0].freeze_not_below: only for a provisional clause"},
  });
}

TEST(ValidateLimit, RefusesAnAggregateOfASingleItem) {
  expect_refusals({
      {[](Contract& c) { c.clauses[0].aggregate = Aggregate::minimum; },
       "clauses[0].aggregate: only for a limit on the system"},
      {[](Contract& c) { c.clauses[1].concurrent = Concurrency::one_at_a_time; },
       "clauses[1].concurrent: a system's sum needs one common window: all_items"},
      {[](Contract& c) { c.clauses[1].quantile = q("5 %"); },
       "clauses[1].quantile: only with aggregate quantile"},
      {[](Contract& c) { c.clauses[1].aggregate = Aggregate::quantile; },
       "clauses[1].quantile: missing; say which, in %"},
      {[](Contract& c) {
         c.clauses[1].aggregate = Aggregate::quantile;
         c.clauses[1].quantile = q("100 %");
       },
       "clauses[1].quantile: '100 %' is not between 0 % and 100 %"},
      {[](Contract& c) {
         c.clauses[1].aggregate = Aggregate::quantile;
         c.clauses[1].quantile = q("0 %");
       },
       "clauses[1].quantile: '0 %' is not between 0 % and 100 %"},
  });
}

TEST(ValidateLimit, RefusesValuesThatARuleWouldNotJudge) {
  expect_refusals({
      {[](Contract& c) { c.clauses[0].rule = Rule::zero_wrong; },
       "clauses[0].at_least: rule zero_wrong judges no such value"},
      {[](Contract& c) { c.clauses[0].at_most_events = 3; },
       "clauses[0].at_most_events: stands with rule poisson, and only there"},
      {[](Contract& c) {
         c.clauses[0].rule = Rule::poisson;
         c.clauses[0].limit.reset();
         c.clauses[0].every_run.reset();
         c.clauses[0].plausible.reset();
       },
       "clauses[0].at_most_events: stands with rule poisson, and only there"},
  });
}

}  // namespace
}  // namespace assay
