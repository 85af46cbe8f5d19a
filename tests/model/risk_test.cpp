// The exact tables that a contract's parties rely on.
#include "harness/model/risk.h"

#include <array>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "harness/model/sign_plan.h"

namespace assay {
namespace {

TEST(Risk, IsExactForAnItemAtItsLimit) {
  const auto exact = chances_at_limit(Rule::sign_1_5_9);
  ASSERT_TRUE(exact);
  EXPECT_EQ(exact->accept, 41'246'729U);
  EXPECT_EQ(exact->reject, exact->accept);  // both parties risk the same
  EXPECT_EQ(exact->accept + exact->reject + exact->inconclusive, k_exact_whole);
  EXPECT_NEAR(*buyers_risk(Rule::sign_1_5_9), 0.0384, 0.00005);

  const auto strict = chances_at_limit(Rule::sign_1_4_8);
  EXPECT_EQ(strict->accept, strict->reject);
  EXPECT_EQ(strict->accept + strict->reject + strict->inconclusive, k_exact_whole);
  EXPECT_NEAR(*buyers_risk(Rule::sign_1_4_8), 0.0195, 0.00005);
}

/// All 2^30 sequences of signs, the first twenty one by one, the last ten by how many are below.
TEST(Risk, AgreesWithCountingEverySequence) {
  const auto looks = looks_of(Rule::sign_1_5_9);
  std::array<std::uint64_t, 11> last_ten{};
  for (std::uint32_t signs = 0; signs < 1024; ++signs) {
    ++last_ten[static_cast<std::size_t>(__builtin_popcount(signs))];
  }
  std::uint64_t accept = 0;
  for (std::uint32_t signs = 0; signs < (1U << 20U); ++signs) {
    const auto first = static_cast<std::uint32_t>(__builtin_popcount(signs & 1023U));
    const auto all = static_cast<std::uint32_t>(__builtin_popcount(signs));
    const bool open = first > looks[0].accept && first < looks[0].reject;
    if (first <= looks[0].accept || (open && all <= looks[1].accept)) {
      accept += 1024;
    } else if (open && all < looks[1].reject) {
      for (std::uint32_t last = 0; all + last <= looks[2].accept; ++last) {
        accept += last_ten[last];
      }
    }
  }
  EXPECT_EQ(accept, chances_at_limit(Rule::sign_1_5_9)->accept);
}

struct Row {
  double margin, accept, reject, inconclusive, mean_runs;
};

TEST(Risk, FollowsThePublishedTableOfRule159) {
  const std::vector<Row> rows{{-1.0, 0.000, 0.988, 0.012, 15.7}, {-0.5, 0.0002, 0.593, 0.406, 24.6},
                              {0.0, 0.038, 0.038, 0.923, 29.2},  {0.5, 0.593, 0.0002, 0.406, 24.6},
                              {1.0, 0.988, 0.000, 0.012, 15.7},  {1.5, 0.99999, 0.0, 1e-5, 11.4},
                              {2.0, 1.000, 0.0, 6e-10, 10.2}};
  for (const Row& row : rows) {
    const auto found = chances(Rule::sign_1_5_9, below_at_margin(row.margin));
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->accept, row.accept, 0.0006) << row.margin;
    EXPECT_NEAR(found->reject, row.reject, 0.0006) << row.margin;
    EXPECT_NEAR(found->inconclusive, row.inconclusive, 0.0006) << row.margin;
    EXPECT_NEAR(found->mean_runs, row.mean_runs, 0.05) << row.margin;
    EXPECT_NEAR(found->accept + found->reject + found->inconclusive, 1, 1e-12);
  }
  const auto safe = chances(Rule::sign_1_5_9, below_at_margin(1.5));
  EXPECT_NEAR(safe->inconclusive, 1e-5, 0.5e-5);
  EXPECT_NEAR(chances(Rule::sign_1_5_9, below_at_margin(2))->inconclusive, 6e-10, 0.5e-10);
  EXPECT_NEAR(chances(Rule::sign_1_5_9, below_at_margin(-0.5))->accept, 0.0002, 0.00005);
}

TEST(Risk, ThirtyClausesAtOneDeviationPassSevenTimesInTen) {
  const auto one = chances(Rule::sign_1_5_9, below_at_margin(1));
  EXPECT_NEAR(std::pow(one->accept, 30), 0.70, 0.005);
  const auto safe = chances(Rule::sign_1_5_9, below_at_margin(1.5));
  EXPECT_NEAR(std::pow(safe->accept, 30), 0.9996, 0.0003);
}

TEST(Risk, ThreeConvenientCrashesWouldLiftItToNineteenPercent) {
  EXPECT_NEAR(chances(Rule::sign_1_5_9, 0.5, 3)->accept, 0.194, 0.0005);
  EXPECT_NEAR(chances(Rule::sign_1_5_9, 0.5, 0)->accept, 0.0384, 0.00005);
}

TEST(Risk, IsTheSameExactAndInDouble) {
  for (const Rule rule : {Rule::sign_1_5_9, Rule::sign_1_4_8}) {
    const auto exact = *chances_at_limit(rule);
    const auto found = *chances(rule, 0.5);
    const auto whole = static_cast<double>(k_exact_whole);
    EXPECT_EQ(found.accept * whole, static_cast<double>(exact.accept));
    EXPECT_EQ(found.reject * whole, static_cast<double>(exact.reject));
    EXPECT_EQ(found.mean_runs * whole, static_cast<double>(exact.mean_runs));
  }
}

TEST(Risk, OfAFleetIsThatOfMoreThanTheAllowance) {
  const double one = *suppliers_risk(Rule::sign_1_5_9, {1, 0}, 1.0);
  EXPECT_NEAR(one, 0.012, 0.0005);
  EXPECT_NEAR(*suppliers_risk(Rule::sign_1_5_9, {8, 0}, 1.0), 1 - std::pow(1 - one, 8), 1e-12);
  EXPECT_NEAR(*suppliers_risk(Rule::sign_1_5_9, {2, 1}, 1.0), one * one, 1e-12);
  EXPECT_EQ(*suppliers_risk(Rule::sign_1_5_9, {5, 5}, -3.0), 0.0);
  EXPECT_GT(*suppliers_risk(Rule::sign_1_5_9, {10'000, 50}, 1.0), 0.999);
  EXPECT_LT(*suppliers_risk(Rule::sign_1_5_9, {10'000, 50}, 1.5), 1e-9);
}

TEST(Risk, SaysTheMarginThatASupplierNeeds) {
  for (const Fleet& fleet : {Fleet{1, 0}, Fleet{8, 0}, Fleet{1'000, 5}, Fleet{10'000, 50}}) {
    const double margin = *margin_for(Rule::sign_1_5_9, fleet);
    EXPECT_LE(*suppliers_risk(Rule::sign_1_5_9, fleet, margin), 0.05);
    EXPECT_GT(*suppliers_risk(Rule::sign_1_5_9, fleet, margin - 1e-6), 0.05);
  }
  EXPECT_GT(*margin_for(Rule::sign_1_5_9, {10'000, 0}),
            *margin_for(Rule::sign_1_5_9, {10'000, 50}));
  EXPECT_GT(*margin_for(Rule::sign_1_4_8, {8, 0}), *margin_for(Rule::sign_1_5_9, {8, 0}));
}

TEST(Risk, IsNotThatOfRulesWithoutRuns) {
  for (const Rule rule : {Rule::once, Rule::zero_wrong, Rule::poisson}) {
    EXPECT_FALSE(chances_at_limit(rule));
    EXPECT_FALSE(chances(rule, 0.5));
    EXPECT_FALSE(buyers_risk(rule));
    EXPECT_FALSE(suppliers_risk(rule, {}, 1));
    EXPECT_FALSE(margin_for(rule, {}));
  }
}

}  // namespace
}  // namespace assay
