// Against published tables and values computed elsewhere.
#include "harness/model/statistics.h"

#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Median, IsTheMiddle) {
  EXPECT_FALSE(median({}));
  EXPECT_EQ(*median(std::vector<double>{3}), 3);
  EXPECT_EQ(*median(std::vector<double>{9, 1, 5}), 5);
  EXPECT_EQ(*median(std::vector<double>{4, 1, 2, 9}), 3);
}

TEST(TQuantile, IsTheTableForThreeLooks) {
  EXPECT_NEAR(t_quantile(9, k_look_error), 2.510, 0.0005);
  EXPECT_NEAR(t_quantile(19, k_look_error), 2.294, 0.0005);
  EXPECT_NEAR(t_quantile(29, k_look_error), 2.234, 0.0005);
}

TEST(TInterval, LiesAroundTheMean) {
  const std::vector<double> values{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  const auto interval = t_interval(values);
  ASSERT_TRUE(interval);
  const double half = 2.5096 * std::sqrt(55.0 / 6) / std::sqrt(10.0);
  EXPECT_NEAR(interval->lower, 5.5 - half, 1e-3);
  EXPECT_NEAR(interval->upper, 5.5 + half, 1e-3);
  EXPECT_FALSE(t_interval(std::vector<double>{1}));
  EXPECT_FALSE(t_interval({}));
}

TEST(ClopperPearson, GivesTheMinimumValuePlans) {
  // n = 29, 59, 299, 2995 good ones say with 95 % confidence that 90, 95, 99, 99.9 % are good.
  const std::vector<std::pair<std::uint64_t, double>> plans{
      {29, 0.10}, {59, 0.05}, {299, 0.01}, {2995, 0.001}};
  for (const auto& [n, share] : plans) {
    EXPECT_LE(clopper_pearson(0, n, 0.05).upper, share) << n;
    EXPECT_GT(clopper_pearson(0, n - 1, 0.05).upper, share) << n;
    EXPECT_EQ(clopper_pearson(0, n, 0.05).lower, 0);
    EXPECT_EQ(clopper_pearson(n, n, 0.05).upper, 1);
    EXPECT_NEAR(clopper_pearson(n, n, 0.05).lower, 1 - clopper_pearson(0, n, 0.05).upper, 1e-12);
  }
}

TEST(ClopperPearson, GivesTheRanksOfAQuantileBound) {
  // The r-th smallest of n is a 95 % lower bound of the 5 % quantile, the next one is not.
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> ranks{{59, 1},  {93, 2},  {124, 3},
                                                                   {181, 5}, {300, 9}, {1000, 39}};
  for (const auto& [n, r] : ranks) {
    EXPECT_LE(clopper_pearson(r - 1, n, 0.05).upper, 0.05) << n;
    EXPECT_GT(clopper_pearson(r, n, 0.05).upper, 0.05) << n;
  }
}

TEST(AtLeastChance, GivesTheRanksOfABoundOnTheMedian) {
  struct Row {
    std::uint64_t n, r;
    double error;
  };
  const std::vector<Row> rows{{5, 1, 0.05},       {8, 2, 0.05},      {10, 2, 0.05},
                              {12, 3, 0.05},      {15, 4, 0.05},     {20, 6, 0.05},
                              {25, 8, 0.05},      {30, 11, 0.05},    {50, 19, 0.05},
                              {6, 1, 0.05 / 3},   {10, 2, 0.05 / 3}, {15, 3, 0.05 / 3},
                              {20, 5, 0.05 / 3},  {25, 7, 0.05 / 3}, {30, 9, 0.05 / 3},
                              {50, 18, 0.05 / 3}, {7, 1, 0.01},      {12, 2, 0.01},
                              {20, 5, 0.01},      {30, 9, 0.01},     {50, 17, 0.01}};
  for (const Row& row : rows) {
    EXPECT_GE(at_least_chance(row.r, row.n, 0.5), 1 - row.error) << row.n;
    EXPECT_LT(at_least_chance(row.r + 1, row.n, 0.5), 1 - row.error) << row.n;
  }
}

TEST(AtLeastChance, HoldsAtItsEnds) {
  EXPECT_EQ(at_least_chance(0, 10, 0.1), 1);
  EXPECT_EQ(at_least_chance(11, 10, 0.9), 0);
  EXPECT_NEAR(at_least_chance(10, 10, 0.5), std::pow(0.5, 10), 1e-15);
  EXPECT_EQ(at_least_chance(1, 10, 0), 0);
  EXPECT_EQ(at_least_chance(1, 10, 1), 1);
}

TEST(RunsTest, FindsDriftAndAlternation) {
  std::vector<double> drift;
  std::vector<double> alternating;
  for (int i = 0; i < 30; ++i) {
    drift.push_back(i);
    alternating.push_back(i % 2 == 0 ? 1 : 2 + i);
  }
  EXPECT_LT(*runs_test(drift), 1e-6);
  EXPECT_LT(*runs_test(alternating), 1e-6);
  const std::vector<double> mixed{1, 9, 8, 2, 7, 3, 1, 6, 9, 2, 8, 7, 1, 3, 9, 2};
  EXPECT_GT(*runs_test(mixed), 0.05);
  EXPECT_FALSE(runs_test(std::vector<double>{1, 1, 1}));
  EXPECT_FALSE(runs_test(std::vector<double>{1}));
}

TEST(RunsTest, AgreesWithTheFormula) {
  // 5 above and 5 below in 3 runs: mean 6, variance 50 x 40 / (100 x 9).
  const std::vector<double> values{1, 1, 1, 9, 9, 9, 9, 9, 1, 1};
  const double z = (3 - 6) / std::sqrt(50.0 * 40 / 900);
  EXPECT_NEAR(*runs_test({values.data(), values.size()}), std::erfc(-z / std::sqrt(2.0)), 1e-12);
}

TEST(LjungBox, FindsAutocorrelation) {
  std::vector<double> drift(30);
  std::iota(drift.begin(), drift.end(), 0.0);
  EXPECT_LT(*ljung_box(drift), 1e-6);
  // One lag: n = 2 has ceil(ln 2) = 1; r1 = -1/2, Q = 2 x 4 x (1/4) / 1 = 2, p = erfc(1).
  EXPECT_NEAR(*ljung_box(std::vector<double>{0, 1}), std::erfc(1.0), 1e-12);
  EXPECT_FALSE(ljung_box(std::vector<double>{4, 4, 4, 4}));
  EXPECT_FALSE(ljung_box({}));
}

TEST(Holm, StepsDown) {
  const std::vector<double> adjusted = holm(std::vector<double>{0.01, 0.04, 0.03, 0.005});
  const std::vector<double> expected{0.03, 0.06, 0.06, 0.02};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(adjusted[i], expected[i], 1e-12);
  }
  EXPECT_TRUE(holm({}).empty());
  EXPECT_EQ(holm(std::vector<double>{0.9, 0.8})[1], 1.0);
}

}  // namespace
}  // namespace assay
