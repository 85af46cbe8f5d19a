#include "harness/model/tolerances.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Tolerances, AreThoseOfTheContract) {
  Conditions conditions;
  conditions.block_gap = parse_quantity("1 %").value();
  conditions.clock_disagreement = parse_quantity("0.01 %").value();
  conditions.start_skew = parse_quantity("1 ms").value();
  const Tolerances tolerances = tolerances_of(conditions);
  EXPECT_TRUE(compare(tolerances.gap, {1, 100}) == 0);
  EXPECT_TRUE(compare(tolerances.clock, {1, 10'000}) == 0);
  EXPECT_TRUE(compare(tolerances.start_skew_s, {1, 1000}) == 0);
}

TEST(Tolerances, AllowNothingThatTheContractDoesNotSay) {
  const Tolerances tolerances = tolerances_of({});
  EXPECT_TRUE(exceeds(1, 1'000'000'000, tolerances.gap));
  EXPECT_TRUE(exceeds(1, 1'000'000'000, tolerances.clock));
}

TEST(Tolerances, AreExactWhereNoDecimalIs) {
  const Ratio third{1, 3};
  EXPECT_FALSE(exceeds(1, 3, third));
  EXPECT_FALSE(exceeds(333'333'333'333, 1'000'000'000'000, third));
  EXPECT_TRUE(exceeds(333'333'333'334, 1'000'000'000'000, third));
  const Natural huge = Natural{1} << 127U;
  EXPECT_FALSE(exceeds(huge, huge, {1, 1}));
  EXPECT_TRUE(exceeds(huge, huge - 1, {1, 1}));
}

TEST(Tolerances, OfNothingAreExceededByAnything) {
  EXPECT_FALSE(exceeds(0, 0, {1, 100}));
  EXPECT_TRUE(exceeds(1, 0, {1, 100}));
}

}  // namespace
}  // namespace assay
