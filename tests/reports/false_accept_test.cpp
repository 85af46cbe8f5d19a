#include "reports/false_accept.h"

#include <array>
#include <bit>

#include <gtest/gtest.h>

#include "harness/model/sign_plan.h"

namespace assay {
namespace {

TEST(FalseAccept, IsThatOfTheTables) {
  EXPECT_EQ(significant(*false_accept(Rule::sign_1_5_9), 3), "0.0384");
}

/// Every course of 20 fair coins, one by one: the first two looks of a rule.
TEST(FalseAccept, AgreesWithCountingEveryCourse) {
  const auto looks = looks_of(Rule::sign_1_5_9);
  ASSERT_GE(looks.size(), 2U);
  std::uint64_t accepted = 0;
  const std::uint32_t runs = looks[1].runs;
  for (std::uint32_t course = 0; course < (1U << runs); ++course) {
    const auto first =
        static_cast<std::uint32_t>(std::popcount(course & ((1U << looks[0].runs) - 1)));
    const auto all = static_cast<std::uint32_t>(std::popcount(course));
    const bool decided = first <= looks[0].accept || first >= looks[0].reject;
    accepted += first <= looks[0].accept || (!decided && all <= looks[1].accept) ? 1U : 0U;
  }
  const Ratio by_then{.numerator = accepted, .denominator = Natural{1} << runs};
  const bool third_adds = compare(by_then, *false_accept(Rule::sign_1_5_9)) < 0;
  EXPECT_TRUE(third_adds);
  EXPECT_EQ(significant(by_then, 3), "0.0271");
}

TEST(FalseAccept, IsNoneWhereNoRunsAreCounted) {
  EXPECT_FALSE(false_accept(Rule::once));
  EXPECT_FALSE(false_accept(Rule::zero_wrong));
  EXPECT_FALSE(false_accept(Rule::poisson));
}

}  // namespace
}  // namespace assay
