// A product in a cheaper type than was asked for is found in the first tile that is checked.
#include <algorithm>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "kernels/host/gemm_kernel.h"
#include "tests/doubles/cheaper_product.h"

namespace assay {
namespace {

struct Cheat {
  std::string name;
  NumberType input, accumulate, output;
  std::function<double(double)> cheaper;
  bool found = true;
  friend std::ostream& operator<<(std::ostream& out, const Cheat& cheat) {
    return out << cheat.name;
  }
};

class CheaperType : public testing::TestWithParam<Cheat> {};

TEST_P(CheaperType, IsFoundInTheFirstCheckedTile) {
  const Cheat& cheat = GetParam();
  const GemmProblem problem{.input = cheat.input,
                            .accumulate = cheat.accumulate,
                            .output = cheat.output,
                            .m = 40,
                            .n = 70,
                            .k = 96};
  auto kernel = GemmKernel::prepare_with(problem, Seed{1},
                                         std::make_unique<CheaperProduct>(problem, cheat.cheaper));
  ASSERT_TRUE(kernel) << kernel.error().message;
  // Both groups of matrices: the wide operand is A in one and B in the other.
  for (const std::uint64_t tuple : {0U, 1U, 777U, 4096U}) {
    const std::vector<Step> step{{.tuple = tuple, .slot = 0}};
    ASSERT_TRUE((*kernel)->run(step));
    const auto checked = (*kernel)->check(step, Seed{2}, {});
    ASSERT_TRUE(checked);
    EXPECT_EQ(checked->wrong, cheat.found ? 1U : 0U) << "tuple " << tuple;
  }
}

double clamped_to_s8(double value) {
  return std::clamp(value, -128.0, 127.0);
}

double as_it_is(double value) {
  return value;
}

std::vector<Cheat> cheats() {
  using enum NumberType;
  const auto bits = [](int count) {
    return [count](double value) { return with_bits(value, count); };
  };
  return {{"f32_in_bf16", f32, f32, f32, bits(8)},
          {"f32_in_tf32", f32, f32, f32, bits(11)},
          {"f32_in_f32", f32, f32, f32, as_it_is, false},
          {"f64_in_f32", f64, f64, f64, bits(24)},
          {"f64_in_f64", f64, f64, f64, as_it_is, false},
          {"s8_in_7_bits", s8, s32, s32, bits(6)},
          {"s8_in_s8", s8, s32, s32, clamped_to_s8, false},
          {"bf16_in_s8", bf16, f32, f32, clamped_to_s8},
          {"bf16_in_fp8", bf16, f32, f32, bits(4)},
          {"bf16_in_bf16", bf16, f32, f32, bits(8), false}};
}

INSTANTIATE_TEST_SUITE_P(All, CheaperType, testing::ValuesIn(cheats()),
                         [](const auto& tested) { return tested.param.name; });

/// A fixed-point product: every row of A and column of B on one scale of 2^-bits of its largest.
TEST(FixedPoint, LosesGradedOperandsAndIsFound) {
  const GemmProblem problem{.m = 16, .n = 40, .k = 64};
  // On one scale for all, 2^-20 of the largest value 4095 x 2^20.
  const auto fixed_point = [](double value) { return std::nearbyint(value / 4096) * 4096; };
  auto kernel = GemmKernel::prepare_with(problem, Seed{1},
                                         std::make_unique<CheaperProduct>(problem, fixed_point));
  ASSERT_TRUE(kernel);
  const std::vector<Step> step{{.tuple = 5, .slot = 0}};
  ASSERT_TRUE((*kernel)->run(step));
  EXPECT_EQ((*kernel)->check(step, Seed{2}, {})->wrong, 1U);
}

}  // namespace
}  // namespace assay
