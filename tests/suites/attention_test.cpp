#include <gtest/gtest.h>

#include "tests/suites/case_here.h"

namespace assay {
namespace {

Case attention() {
  return testing_doubles::case_here("compute.attention");
}

Params params() {
  return {{"pass", "prefill_forward"},
          {"masking", "causal"},
          {"input", "bf16"},
          {"accumulate", "f32"},
          {"output", "bf16"},
          {"sparsity", "dense"},
          {"emulation", "forbidden"},
          {"operands", "integers"},
          {"batch", "2"},
          {"heads", "64"},
          {"kv_heads", "8"},
          {"seq", "4096"},
          {"head_dim", "192"},
          {"value_dim", "128"}};
}

Params with(const char* name, const char* value) {
  return testing_doubles::with(params(), name, value);
}

std::string refusal(const Params& given) {
  return testing_doubles::refusal_of(attention(), given);
}

TEST(Attention, TurnsParametersIntoItsProblem) {
  const auto problem = attention().problem(params());
  ASSERT_TRUE(problem) << problem.error().message;
  const auto& asked = std::get<AttentionProblem>(*problem);
  EXPECT_EQ(asked.pass, AttentionProblem::Pass::prefill_forward);
  EXPECT_TRUE(asked.causal);
  EXPECT_EQ(asked.input, NumberType::bf16);
  EXPECT_EQ(asked.output, NumberType::bf16);
  EXPECT_EQ(asked.batch, 2U);
  EXPECT_EQ(asked.heads, 64U);
  EXPECT_EQ(asked.kv_heads, 8U);
  EXPECT_EQ(asked.seq, 4096U);
  EXPECT_EQ(asked.head_dim, 192U);
  EXPECT_EQ(asked.value_dim, 128U);
}

TEST(Attention, TurnsTheBackwardPassIntoItsProblem) {
  const auto problem = attention().problem(with("pass", "prefill_backward"));
  ASSERT_TRUE(problem) << problem.error().message;
  EXPECT_EQ(std::get<AttentionProblem>(*problem).pass, AttentionProblem::Pass::prefill_backward);
  EXPECT_EQ(attention().dimension(with("pass", "prefill_backward")), Dimension::flop_rate);
}

TEST(Attention, RefusesParametersThatDontGoTogether) {
  EXPECT_EQ(refusal(params()), "accepted");
  EXPECT_EQ(refusal(with("output", "f32")), "params.output: attention on bf16 is stored as bf16");
  EXPECT_EQ(refusal(with("value_dim", "64")),
            "params.value_dim: head_dim and value_dim are 64 and 64, 128 and 128, or 192 and 128");
  Params decode = with("pass", "decode");
  EXPECT_EQ(refusal(decode),
            "params.masking: the one query of a decoding step sees every key: full");
  decode["masking"] = "full";
  EXPECT_EQ(refusal(decode), "accepted");
  EXPECT_EQ(refusal(with("kv_heads", "7")),
            "params.kv_heads: 64 heads do not share 7 in equal groups");
  EXPECT_EQ(refusal(with("seq", "1048577")),
            "params: batch and heads are at most 65536, seq at most 1048576");
}

TEST(Attention, IsAFlopRateOfAPrefillAndAByteRateOfADecodingStep) {
  EXPECT_EQ(attention().dimension(params()), Dimension::flop_rate);
  EXPECT_EQ(attention().dimension(with("pass", "decode")), Dimension::byte_rate);
}

TEST(Attention, RefusesWhatItDoesNotMeasureByName) {
  EXPECT_EQ(refusal(with("pass", "prefill_sideways")),
            "params.pass: 'prefill_sideways' is not one of: prefill_forward, prefill_backward, "
            "decode");
  EXPECT_EQ(refusal(with("input", "fp8_e4m3")),
            "params.input: 'fp8_e4m3' is not one of: f32, bf16");
  EXPECT_EQ(refusal(with("masking", "sliding")),
            "params.masking: 'sliding' is not one of: causal, full");
  EXPECT_EQ(refusal(with("head_dim", "80")), "params.head_dim: '80' is not one of: 64, 128, 192");
  EXPECT_EQ(refusal(with("emulation", "allowed")),
            "params.emulation: 'allowed' is not one of: forbidden");
}

}  // namespace
}  // namespace assay
