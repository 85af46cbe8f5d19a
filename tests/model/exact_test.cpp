#include "harness/model/exact.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace assay {
namespace {

constexpr Natural k_largest = ~Natural{0};

TEST(CompareRatios, IsExactWhereAProductFitsInto128Bits) {
  EXPECT_TRUE(std::is_eq(compare({1, 3}, {2, 6})));
  EXPECT_TRUE(std::is_gt(compare({1, 3}, {333'333'333, 1'000'000'000})));
  EXPECT_TRUE(std::is_lt(compare({0, 5}, {1, 1'000})));
}

TEST(CompareRatios, IsExactBeyond128Bits) {
  EXPECT_TRUE(std::is_lt(compare({k_largest, k_largest - 1}, {k_largest - 1, k_largest - 2})));
  EXPECT_TRUE(std::is_eq(compare({k_largest, k_largest}, {1, 1})));
  EXPECT_TRUE(std::is_gt(compare({k_largest, 1}, {k_largest - 1, 1})));
}

TEST(CompareProducts, SeesAZeroBehindAnOverflow) {
  const std::array left{k_largest, k_largest, Natural{0}};
  const std::array right{Natural{1}};
  EXPECT_TRUE(std::is_lt(compare_products(left, right)));
}

TEST(CompareScaled, MultipliesTheLeftSideOnly) {
  EXPECT_TRUE(std::is_eq(compare_scaled({100, 1}, {99, 100}, {99, 1})));
  EXPECT_TRUE(std::is_lt(compare_scaled({100, 1}, {98, 100}, {99, 1})));
}

TEST(Significant, RoundsTowardZeroInPlainNotation) {
  EXPECT_EQ(significant({1620, 1}), "1620");
  EXPECT_EQ(significant({12345, 1}), "12340");
  EXPECT_EQ(significant({162, 100}), "1.620");
  EXPECT_EQ(significant({2, 3}), "0.6666");
  EXPECT_EQ(significant({1234567, 100'000'000}), "0.01234");
  EXPECT_EQ(significant({1, 1000}), "0.001000");
  EXPECT_EQ(significant({9999999, 10'000'000}, 3), "0.999");
  EXPECT_EQ(significant({0, 7}), "0");
  EXPECT_EQ(significant({123, 10}, 1), "10");
}

TEST(Significant, HoldsTheLargestNumbers) {
  EXPECT_EQ(significant({k_largest, 1}), "340200000000000000000000000000000000000");
  EXPECT_EQ(significant({1, k_largest}, 2), "0." + std::string(38, '0') + "29");
}

TEST(QuotientFloor, RoundsDownAndSaturates) {
  EXPECT_TRUE(quotient_floor(std::array{Natural{7}, Natural{10}}, 3) == 23);
  EXPECT_TRUE(quotient_floor(std::array{k_largest, k_largest}, k_largest) == k_largest);
  EXPECT_TRUE(quotient_floor(std::array{k_largest, Natural{2}}, 1) == k_largest);
}

TEST(SquareRootFloor, IsTheLargestWholeNumberWhoseSquareFits) {
  for (const Natural value : {Natural{0}, Natural{1}, Natural{2}, Natural{15}, Natural{16},
                              Natural{1'000'000'007}, k_largest}) {
    const Natural root = square_root_floor(value);
    EXPECT_TRUE(root == 0 || root <= value / root);
    EXPECT_TRUE(root + 1 > value / (root + 1));
  }
}

}  // namespace
}  // namespace assay
