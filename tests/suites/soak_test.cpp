#include <gtest/gtest.h>

#include "kernels/footprint.h"
#include "tests/suites/case_here.h"

namespace assay {
namespace {

Case soak() {
  return testing_doubles::case_here("compute.soak");
}

Params params() {
  return {{"input", "bf16"},
          {"accumulate", "f32"},
          {"output", "f32"},
          {"sparsity", "dense"},
          {"emulation", "forbidden"},
          {"operands", "integers"},
          {"m", "512"},
          {"n", "256"},
          {"k", "1024"},
          {"array_mib", "64"},
          {"copy_mib", "32"}};
}

std::string refusal(const char* name, const char* value) {
  return testing_doubles::refusal_of(soak(), testing_doubles::with(params(), name, value));
}

TEST(Soak, TurnsParametersIntoItsProblem) {
  const auto problem = soak().problem(params());
  ASSERT_TRUE(problem) << problem.error().message;
  const auto& asked = std::get<SoakProblem>(*problem);
  EXPECT_EQ(asked.product.input, NumberType::bf16);
  EXPECT_EQ(asked.product.output, NumberType::f32);
  EXPECT_EQ(asked.product.m, 512U);
  EXPECT_EQ(asked.product.n, 256U);
  EXPECT_EQ(asked.product.k, 1024U);
  EXPECT_EQ(asked.array_bytes, 64U << 20U);
  EXPECT_EQ(asked.copy_bytes, 32U << 20U);
}

TEST(Soak, NeedsRoomForAProductThreeArraysAndACopyBothWays) {
  const Natural product = 2 * (512 * 1024 + 1024 * 256) + 4 * 512 * 256;
  EXPECT_EQ(to_decimal(*least_bytes(*soak().problem(params()))),
            to_decimal(product + ((3 * 64 + 2 * 32) << 20U)));
}

TEST(Soak, LeavesNoSizeToTheMachineSinceItemsMustBeComparable) {
  EXPECT_EQ(refusal("array_mib", "128"), "accepted");
  EXPECT_NE(refusal("array_mib", "4x_llc"), "accepted");
  EXPECT_EQ(refusal("copy_mib", "16777217"), "params.copy_mib: at most 16777216");
  EXPECT_EQ(refusal("accumulate", "f64"), "params.accumulate: bf16 is summed in f32");
}

TEST(Soak, IsJudgedByNothingButWrongResults) {
  EXPECT_EQ(soak().rules, std::vector<Rule>{Rule::zero_wrong});
  EXPECT_EQ(soak().dimension(params()), Dimension::count);
}

}  // namespace
}  // namespace assay
