#include <gtest/gtest.h>

#include "tests/suites/case_here.h"

namespace assay {
namespace {

Case gemm() {
  return testing_doubles::case_here("compute.gemm");
}

Params params(const char* input, const char* accumulate, const char* output) {
  return {{"input", input},
          {"accumulate", accumulate},
          {"output", output},
          {"sparsity", "dense"},
          {"emulation", "forbidden"},
          {"operands", "integers"},
          {"m", "512"},
          {"n", "256"},
          {"k", "1024"}};
}

TEST(Gemm, TurnsParametersIntoItsProblem) {
  const auto problem = gemm().problem(params("bf16", "f32", "bf16"));
  ASSERT_TRUE(problem) << problem.error().message;
  const auto& product = std::get<GemmProblem>(*problem);
  EXPECT_EQ(product.input, NumberType::bf16);
  EXPECT_EQ(product.accumulate, NumberType::f32);
  EXPECT_EQ(product.output, NumberType::bf16);
  EXPECT_EQ(product.m, 512U);
  EXPECT_EQ(product.n, 256U);
  EXPECT_EQ(product.k, 1024U);
}

TEST(Gemm, CountsIntegersAsOperationsAndAllElseAsFlops) {
  EXPECT_EQ(gemm().dimension(params("s8", "s32", "s32")), Dimension::op_rate);
  EXPECT_EQ(gemm().dimension(params("nvfp4", "f32", "bf16")), Dimension::flop_rate);
}

TEST(Gemm, CountsAProductAndASumForEachOfItsMultiplications) {
  EXPECT_EQ(to_decimal(*work_per_step(gemm(), Params{{"m", "3"}, {"n", "5"}, {"k", "7"}})), "210");
}

TEST(Gemm, HasAProblemForEveryInputTypeItNames) {
  for (const Param& param : gemm().params) {
    if (param.name != "input") {
      continue;
    }
    for (const auto name : param.values) {
      const std::string input(name);
      const std::string sums = input == "s8" ? "s32" : input == "f64" ? "f64" : "f32";
      const auto problem = gemm().problem(params(input.c_str(), sums.c_str(), sums.c_str()));
      EXPECT_TRUE(problem) << input;
    }
  }
}

TEST(Gemm, RefusesTypesThatDontGoTogether) {
  const auto refusal = [](const char* input, const char* accumulate, const char* output) {
    const auto problem = gemm().problem(params(input, accumulate, output));
    return problem ? "accepted" : problem.error().message;
  };
  EXPECT_EQ(refusal("s8", "f32", "f32"), "params.accumulate: s8 is summed in s32");
  EXPECT_EQ(refusal("f64", "f32", "f32"), "params.accumulate: f64 is summed in f64");
  EXPECT_EQ(refusal("bf16", "s32", "s32"), "params.accumulate: bf16 is summed in f32");
  EXPECT_EQ(refusal("s8", "s32", "f32"), "params.output: sums of s8 are not stored as f32");
  EXPECT_EQ(refusal("f32", "f32", "s32"), "params.output: sums of f32 are not stored as s32");
}

// Nothing sparse or emulated is measured, so nothing can be reported for what it is not.
TEST(Gemm, RefusesSparseAndEmulatedProducts) {
  const auto refusal = [](const char* name, const char* value) {
    Params given = params("nvfp4", "f32", "bf16");
    given[name] = value;
    const auto complete = complete_params(gemm(), given);
    return complete ? "accepted" : complete.error().message;
  };
  EXPECT_EQ(refusal("sparsity", "dense"), "accepted");
  EXPECT_EQ(refusal("sparsity", "2:4"), "params.sparsity: '2:4' is not one of: dense");
  EXPECT_EQ(refusal("emulation", "allowed"),
            "params.emulation: 'allowed' is not one of: forbidden");
}

TEST(Gemm, RefusesAbsurdSizes) {
  Params huge = params("f32", "f32", "f32");
  huge["k"] = "1048577";
  const auto problem = gemm().problem(huge);
  ASSERT_FALSE(problem);
  EXPECT_EQ(problem.error().message, "params: m, n and k are at most 1048576");
}

}  // namespace
}  // namespace assay
