// What a step is follows from the contract's params, by the definition of the case.
#include "harness/model/step_size.h"

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

TEST(StepSize, IsNothingOfACaseThatIsNotKnown) {
  EXPECT_EQ(of("compute.dream", {{"m", "3"}, {"n", "5"}, {"k", "7"}}), "none");
  EXPECT_FALSE(has_step_size("compute.dream"));
}

}  // namespace
}  // namespace assay
