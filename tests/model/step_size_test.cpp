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

TEST(StepSize, OfATrainingStepIsSixForAWeightAndTokenAndFourteenForAPair) {
  Params params{{"batch", "2"}, {"seq", "21"},     {"hidden", "48"},   {"ffn", "72"},
                {"heads", "4"}, {"kv_heads", "2"}, {"head_dim", "64"}, {"ranks", "3"}};
  const int weights = 48 * (4 + 2 * 2) * 64 + 4 * 64 * 48 + 2 * 48 * 72;
  const int pairs = 21 * 22 / 2;
  EXPECT_EQ(of("compute.transformer_step", params),
            std::to_string(3 * (6 * weights * 42 + 14 * 2 * 4 * pairs * 64)));
  EXPECT_TRUE(times_each_step("compute.transformer_step", {}));
  EXPECT_FALSE(agrees_to_the_bit("compute.transformer_step"));
  EXPECT_TRUE(agrees_to_the_bit("compute.gemm"));
  EXPECT_TRUE(agrees_to_the_bit("compute.unknown"));
  for (const char* const name :
       {"batch", "seq", "hidden", "ffn", "heads", "kv_heads", "head_dim", "ranks"}) {
    Params absurd = params;
    absurd[name] = "9007199254740992";
    if (std::string(name) != "batch" && std::string(name) != "ranks") {
      absurd["hidden"] = "9007199254740992";
      EXPECT_EQ(of("compute.transformer_step", absurd), "none") << name;
    }
    absurd.erase(name);
    EXPECT_EQ(of("compute.transformer_step", absurd), "none") << name;
  }
}

TEST(StepSize, OfASoakIsAProductATriadAndACopy) {
  EXPECT_EQ(of("compute.soak", {{"m", "3"}}), "3");
  EXPECT_TRUE(has_step_size("compute.soak"));
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
    const Natural back = Natural{2} * 2 * 6 * (3 * 192 + 2 * 128);
    EXPECT_EQ(of("compute.attention", attention("prefill_backward", "causal", text.c_str())),
              to_decimal(back * causal));
    EXPECT_EQ(of("compute.attention", attention("prefill_backward", "full", text.c_str())),
              to_decimal(back * seq * seq));
  }
}

TEST(StepSize, CountsKeysAndValuesOnceForAllHeadsThatShareThem) {
  EXPECT_EQ(of("compute.attention", attention("decode", "full", "5")),
            to_decimal(Natural{2} * 3 * 5 * (192 + 128) * 2));
}

TEST(StepSize, IsNothingOfAttentionThatIsNotKnown) {
  EXPECT_EQ(of("compute.attention", attention("prefill_sideways", "full", "5")), "none");
  EXPECT_EQ(of("compute.attention", attention("prefill_forward", "sliding", "5")), "none");
  EXPECT_EQ(of("compute.attention", {{"pass", "prefill_forward"}}), "none");
}

TEST(StepSize, IsAnExtentOfAFile) {
  EXPECT_EQ(of("storage.write", {{"extent_mib", "2"}}), "2097152");
  EXPECT_EQ(of("storage.mixed", {{"extent_mib", "2"}, {"clients", "3"}}), "6291456");
  EXPECT_EQ(of("storage.read", {}), "67108864") << "64 MiB";
  EXPECT_EQ(of("storage.gpu_read", {{"clients", "2"}}), "134217728");
  EXPECT_EQ(of("storage.gpu_write", {{"extent_mib", "3"}}), "3145728");
}

TEST(StepSize, IsABatchACheckpointOrSoManyFiles) {
  EXPECT_EQ(of("storage.dataset", {{"batch", "8"}, {"sample_kib", "128"}, {"clients", "3"}}),
            "3145728");
  EXPECT_EQ(of("storage.dataset", {{"batch", "8"}}), "none");
  EXPECT_EQ(of("storage.checkpoint", {{"shard_mib", "2"}, {"direction", "save"}}), "2097152");
  EXPECT_EQ(of("storage.checkpoint", {{"shard_mib", "2"}, {"clients", "4"}}), "8388608");
  const auto files = [](const char* op, const char* directory) {
    return of("storage.metadata",
              {{"op", op}, {"directory", directory}, {"clients", "3"}, {"files", "5"}});
  };
  EXPECT_EQ(files("create", "shared"), "15");
  EXPECT_EQ(files("stat", "shared"), "15");
  EXPECT_EQ(files("list", "private"), "15");
  EXPECT_EQ(files("list", "shared"), "45") << "each client lists what all have there";
  EXPECT_EQ(of("storage.metadata", {{"op", "list"}, {"files", "0"}}), "none");
}

TEST(StepSize, OfACollectiveIsWhatItIsAboutOrWhatItsBusiestLinkCarries) {
  const auto with = [](const char* value) {
    return Params{{"value", value}, {"bytes", "4096"}, {"ranks", "4"}};
  };
  for (const char* id : {"network.all_reduce", "network.all_gather", "network.all_to_all",
                         "network.reduce_scatter", "network.broadcast", "network.send_recv"}) {
    EXPECT_EQ(of(id, with("algbw")), "4096") << id;
    EXPECT_EQ(of(id, with("time")), "4096") << id;
  }
  EXPECT_EQ(of("network.all_reduce", with("busbw")), "6144") << "2 x 3 / 4";
  EXPECT_EQ(of("network.all_gather", with("busbw")), "3072") << "3 / 4";
  EXPECT_EQ(of("network.all_to_all", with("busbw")), "3072");
  EXPECT_EQ(of("network.reduce_scatter", with("busbw")), "3072");
  EXPECT_EQ(of("network.broadcast", with("busbw")), "4096");
  EXPECT_EQ(of("network.send_recv", with("busbw")), "4096");
  EXPECT_EQ(of("network.all_reduce", {{"value", "busbw"}, {"bytes", "4"}, {"ranks", "3"}}), "none")
      << "16 / 3 bytes";
}

TEST(StepSize, OfMessagesIsOneMessageOrWhatOneRankGetsFromAllOthersAtOnce) {
  const auto with = [](const char* pattern) {
    return Params{{"pattern", pattern}, {"value", "algbw"}, {"bytes", "4096"}, {"ranks", "4"}};
  };
  EXPECT_EQ(of("network.links", with("pairs")), "4096");
  EXPECT_EQ(of("network.links", with("permutation")), "4096");
  EXPECT_EQ(of("network.links", with("incast")), "12288");
  EXPECT_EQ(of("network.transport", with("")), "4096");
}

TEST(StepSize, TimesEachStepOfCollectivesAlone) {
  EXPECT_TRUE(times_each_step("network.links", {}));
  EXPECT_TRUE(times_each_step("network.transport", {}));
  EXPECT_TRUE(times_each_step("network.all_reduce", {}));
  EXPECT_TRUE(times_each_step("network.send_recv", {}));
  EXPECT_TRUE(times_each_step("storage.checkpoint", {}));
  EXPECT_TRUE(times_each_step("storage.metadata", {}));
  EXPECT_TRUE(times_each_step("storage.gpu_read", {}));
  EXPECT_TRUE(times_each_step("storage.gpu_write", {}));
  EXPECT_FALSE(times_each_step("storage.dataset", {})) << "what an accelerator waits for counts";
  EXPECT_FALSE(times_each_step("storage.read", {{"engine", "own"}}));
  EXPECT_TRUE(times_each_step("storage.read", {{"engine", "fio"}})) << "starting it does not count";
  EXPECT_FALSE(times_each_step("storage.read", {}));
  EXPECT_FALSE(times_each_step("compute.gemm", {{"engine", "fio"}}));
  EXPECT_FALSE(times_each_step("network.peer_copy", {}));
  EXPECT_FALSE(times_each_step("compute.gemm", {}));
  EXPECT_FALSE(times_each_step("network.dream", {}));
}

TEST(StepSize, IsNothingOfACaseThatIsNotKnown) {
  EXPECT_EQ(of("compute.dream", {{"m", "3"}, {"n", "5"}, {"k", "7"}}), "none");
  EXPECT_FALSE(has_step_size("compute.dream"));
}

}  // namespace
}  // namespace assay
