// What a step is follows from the contract's params, by the definition of the case.
#include "harness/model/step_size.h"

#include <string>

#include <gtest/gtest.h>

namespace assay {
namespace {

std::string of(std::string_view case_id, const Params& params) {
  const auto size = step_size(case_id, params);
  return size ? to_decimal(*size) : "none";
}

TEST(StepSize, IsTwoOperationsForEachTermOfAProduct) {
  EXPECT_EQ(of("compute.gemm", {{"m", "3"}, {"n", "5"}, {"k", "7"}}), "210");
  EXPECT_EQ(of("compute.gemm", {{"m", "3"}, {"n", "5"}}), "none");
  EXPECT_EQ(of("compute.gemm", {{"m", "3"}, {"n", "0"}, {"k", "7"}}), "none");
}

TEST(StepSize, HoldsTheLargestProductAndNoLargerOne) {
  const std::string largest = "9007199254740992";
  EXPECT_EQ(of("compute.gemm", {{"m", largest}, {"n", largest}, {"k", "1"}}),
            "162259276829213363391578010288128");
  EXPECT_EQ(of("compute.gemm", {{"m", largest}, {"n", largest}, {"k", largest}}), "none");
  EXPECT_EQ(of("compute.gemm", {{"m", "9007199254740993"}, {"n", "1"}, {"k", "1"}}), "none");
}

TEST(StepSize, CountsArraysAsStreamDoes) {
  EXPECT_EQ(of("compute.memory", {{"op", "read"}, {"array_mib", "1"}}), "1048576");
  EXPECT_EQ(of("compute.memory", {{"op", "copy"}, {"array_mib", "1"}}), "2097152");
  EXPECT_EQ(of("compute.memory", {{"op", "triad"}, {"array_mib", "1"}}), "3145728");
  EXPECT_EQ(of("compute.memory", {{"op", "write"}, {"array_mib", "1"}}), "none");
}

TEST(StepSize, IsTheMachinesWhereItsCachesDecide) {
  EXPECT_EQ(of("compute.memory", {{"op", "read"}}), "none");
  EXPECT_EQ(of("compute.memory", {{"op", "read"}, {"array_mib", "4x_llc"}}), "none");
  EXPECT_TRUE(has_step_size("compute.memory"));
}

TEST(StepSize, IsACopyInOneDirectionOrBoth) {
  EXPECT_EQ(of("network.peer_copy", {{"direction", "to_gpu"}, {"copy_mib", "2"}}), "2097152");
  EXPECT_EQ(of("network.host_copy", {{"direction", "both"}, {"copy_mib", "2"}}), "4194304");
  EXPECT_EQ(of("network.host_copy", {{"direction", "both"}}), "2147483648") << "1024 MiB";
}

TEST(StepSize, IsTheLoadsOfAChain) {
  EXPECT_EQ(of("compute.latency", {{"loads", "7"}}), "7");
  EXPECT_EQ(of("compute.latency", {}), "100000");
}

Params attention(const char* pass, const char* masking, const char* seq) {
  return {{"pass", pass}, {"masking", masking}, {"input", "bf16"},
          {"batch", "2"}, {"heads", "6"},       {"kv_heads", "3"},
          {"seq", seq},   {"head_dim", "192"},  {"value_dim", "128"}};
}

TEST(StepSize, CountsThePairsThatAMaskLeavesOneByOne) {
  for (const std::uint64_t seq : {1U, 2U, 7U, 64U, 301U}) {
    Natural causal = 0;
    for (std::uint64_t query = 0; query < seq; ++query) {
      for (std::uint64_t key = 0; key < seq; ++key) {
        causal += key <= query ? 1 : 0;
      }
    }
    const std::string text = std::to_string(seq);
    const Natural each = Natural{2} * 2 * 6 * (192 + 128);
    EXPECT_EQ(of("compute.attention", attention("prefill_forward", "causal", text.c_str())),
              to_decimal(each * causal));
    EXPECT_EQ(of("compute.attention", attention("prefill_forward", "full", text.c_str())),
              to_decimal(each * seq * seq));
  }
}

TEST(StepSize, CountsKeysAndValuesOnceForAllHeadsThatShareThem) {
  EXPECT_EQ(of("compute.attention", attention("decode", "full", "5")),
            to_decimal(Natural{2} * 3 * 5 * (192 + 128) * 2));
}

TEST(StepSize, IsNothingOfAttentionThatIsNotKnown) {
  EXPECT_EQ(of("compute.attention", attention("prefill_backward", "full", "5")), "none");
  EXPECT_EQ(of("compute.attention", attention("prefill_forward", "sliding", "5")), "none");
  EXPECT_EQ(of("compute.attention", {{"pass", "prefill_forward"}}), "none");
}

TEST(StepSize, IsNothingOfACaseThatIsNotKnown) {
  EXPECT_EQ(of("compute.dream", {{"m", "3"}, {"n", "5"}, {"k", "7"}}), "none");
  EXPECT_FALSE(has_step_size("compute.dream"));
}

}  // namespace
}  // namespace assay
