// A campaign on an emulated GPU through the programs alone: it ends in a report that says so.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/cli/program.h"

namespace assay {
namespace {

/// One clause of the shipped example, as the case needs it.
std::string contract(const std::string& purpose, const std::string& output,
                     const std::string& input = "bf16") {
  return R"({"schema":"assay.contract/1","id":"emulated","purpose":")" + purpose +
         R"(","title":{"en":"t"},"parties":{"buyer":{"name":"b"},"supplier":{"name":"s"}},)"
         R"("inventory":[{"id":"b200","kind":"dgx-b200","nodes":1,"gpus":{"model":"NVIDIA B200",)"
         R"("count":1,"memory":"180 GB","power_limit":"1000 W"}}],"sessions":{"days":1},)"
         R"("conditions":{"block_gap":"1 %","clock_disagreement":"0.1 %"},"max_invalid":0,)"
         R"("clauses":[{"id":"E-1","title":{"en":"t"},"case":"compute.gemm","population":"b200",)"
         R"("scope":"each_gpu","concurrent":"all_items","params":{"input":")" +
         input + R"(","accumulate":"f32","output":")" + output +
         R"(","sparsity":"dense","emulation":"forbidden","operands":"integers","m":64,"n":64,)"
         R"("k":128},"window":"0.2 s","rule":"1-5-9","at_least":"0.0001 GFLOP/s",)"
         R"("at_most_plausible":")" +
         (purpose == "acceptance" ? "0.0003" : "1000") +
         R"( GFLOP/s","weight":"mandatory","defect_class":1}]})";
}

class EmulatedCampaign : public testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return scratch_.file(name); }

  Ended run(const std::string& contract_text, const std::string& settings) {
    std::ofstream(path("contract.json")) << contract_text;
    return assay_program({"run", path("contract.json"), "--out", path("out"), "--backend", "cuda",
                          "--module", std::string(ASSAY_EMULATED_MODULE) + "," + settings});
  }

  ScratchFolder scratch_;
};

TEST_F(EmulatedCampaign, MeetsItsTrivialLimitAndIsMarkedEverywhere) {
  const Ended ended = run(contract("demonstration", "bf16"), "model=b200,gpus=1");
  EXPECT_EQ(ended.exit_code, 0) << ended.out << ended.err;
  EXPECT_NE(whole_file(path("out/report.json")).find(R"("marks":["emulated"])"), std::string::npos);
  EXPECT_NE(whole_file(path("out/session.json")).find(R"("marks":["emulated"])"),
            std::string::npos);
  const std::string journal = whole_file(path("out/journal/00000.jsonl"));
  EXPECT_NE(journal.find(R"("kind":"open","marks":["emulated"])"), std::string::npos);
  EXPECT_NE(journal.find(R"("library":"cuBLASLt")"), std::string::npos);
  EXPECT_NE(journal.find(R"("name":"assay-cuda-emulated.so")"), std::string::npos);
}

TEST_F(EmulatedCampaign, MultipliesWithBlockScales) {
  const Ended ended = run(contract("demonstration", "bf16", "nvfp4"), "model=b200,gpus=1");
  EXPECT_EQ(ended.exit_code, 0) << ended.out << ended.err;
}

TEST_F(EmulatedCampaign, IsNeverSignedAsAnAcceptance) {
  const Ended ended = run(contract("acceptance", "bf16"), "gpus=1");
  EXPECT_EQ(ended.exit_code, 2) << ended.out << ended.err;
  const Ended made = assay_program({"keygen", "--out", path("key.pem"), "--cert", path("cert.pem"),
                                    "--name", "Tester", "--unencrypted"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const Ended refused = assay_program({"sign", path("out"), "--role", "supplier", "--key",
                                       path("key.pem"), "--cert", path("cert.pem")});
  EXPECT_EQ(refused.exit_code, 65);
  EXPECT_NE(refused.err.find("marked 'emulated' can't be signed as acceptance"), std::string::npos)
      << refused.err;
}

TEST_F(EmulatedCampaign, WithAGpuThatErrsIsRejected) {
  const Ended ended = run(contract("demonstration", "f32"), "gpus=1,fault=cheaper");
  // The self-test meets the wrong products first, and then nothing is run.
  EXPECT_EQ(ended.exit_code, 2) << ended.out << ended.err;
  EXPECT_NE(ended.out.find("selftest"), std::string::npos) << ended.out;
}

TEST_F(EmulatedCampaign, WithoutADriverIsNotRunAndSaysWhichFileIsMissing) {
  const Ended ended = run(contract("demonstration", "bf16"), "fault=no_driver");
  EXPECT_EQ(ended.exit_code, 2) << ended.out << ended.err;
  EXPECT_NE(ended.out.find("NOT_RUN unsupported"), std::string::npos) << ended.out;
  EXPECT_NE(whole_file(path("out/report.json"))
                .find("Every attempt ended as unsupported on this machine: no NVIDIA driver: "
                      "libcuda.so.1 is not there."),
            std::string::npos);
}

struct Missing {
  const char *fault, *sentence;
};
class EmulatedCampaignWithout : public EmulatedCampaign,
                                public testing::WithParamInterface<Missing> {};

TEST_P(EmulatedCampaignWithout, WhatItsProductsNeedIsNotRunAndSaysWhy) {
  const Ended ended =
      run(contract("demonstration", "bf16"), "gpus=1,fault=" + std::string(GetParam().fault));
  EXPECT_EQ(ended.exit_code, 2) << ended.out << ended.err;
  EXPECT_NE(ended.out.find("NOT_RUN unsupported"), std::string::npos) << ended.out;
  EXPECT_NE(whole_file(path("out/report.json"))
                .find("Every attempt ended as unsupported on this machine: " +
                      std::string(GetParam().sentence)),
            std::string::npos)
      << whole_file(path("out/report.json"));
}
INSTANTIATE_TEST_SUITE_P(
    All, EmulatedCampaignWithout,
    testing::Values(Missing{"no_library", "libcublasLt.so.13 is not there."},
                    Missing{"old_library",
                            "libcublasLt.so.13 is version 12.3.0; at least 12.8 is needed."},
                    Missing{"other_driver", "cudaGetDeviceCount (driver 13000) failed: "},
                    Missing{"no_code", "launch of fill failed: no kernel image is available"}),
    [](const auto& tested) { return std::string(tested.param.fault); });

// The self-test moves memory then: what needs no library of products is measured.
TEST_F(EmulatedCampaign, WithoutALibraryOfProductsIsStillSelfTested) {
  static_cast<void>(run(contract("demonstration", "bf16"), "gpus=1,fault=no_library"));
  const std::string journal = whole_file(path("out/journal/00000.jsonl"));
  EXPECT_NE(journal.find(R"("kind":"selftest","passed":true)"), std::string::npos) << journal;
}

TEST_F(EmulatedCampaign, WithoutItsModuleIsNotRun) {
  std::ofstream(path("contract.json")) << contract("demonstration", "bf16");
  const Ended ended = assay_program({"run", path("contract.json"), "--out", path("out"),
                                     "--backend", "cuda", "--module", path("none.so")});
  EXPECT_EQ(ended.exit_code, 2) << ended.out << ended.err;
  EXPECT_NE(ended.out.find("NOT_RUN unsupported"), std::string::npos) << ended.out;
  EXPECT_NE(whole_file(path("out/journal/00000.jsonl")).find("none.so is not there"),
            std::string::npos);
}

}  // namespace
}  // namespace assay
