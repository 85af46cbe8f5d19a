// What a person types, and what the program says to it.
#include <algorithm>

#include <gtest/gtest.h>

#include "reports/json.h"
#include "tests/cli/program.h"

namespace assay {
namespace {

using testing::Test;

const std::vector<std::string>& commands() {
  static const std::vector<std::string> names{"doctor", "list",     "plan",      "run",     "judge",
                                              "keygen", "sign",     "verify",    "inspect", "bench",
                                              "claim",  "selftest", "completion"};
  return names;
}

bool is_one_sentence(const std::string& text) {
  return text.starts_with("assay: ") && text.find('\n') == text.size() - 1;
}

TEST(Arguments, NoneAtAllIsAUsageErrorInOneSentence) {
  const Ended ended = assay_program({});
  EXPECT_EQ(ended.exit_code, 64);
  EXPECT_TRUE(is_one_sentence(ended.err)) << ended.err;
  EXPECT_EQ(ended.out, "");
}

TEST(Arguments, AnUnknownCommandOrFlagIsNamed) {
  const Ended command = assay_program({"mesure"});
  EXPECT_EQ(command.exit_code, 64);
  EXPECT_TRUE(is_one_sentence(command.err)) << command.err;
  EXPECT_NE(command.err.find("mesure"), std::string::npos);
  const Ended flag = assay_program({"list", "--jsn"});
  EXPECT_EQ(flag.exit_code, 64);
  EXPECT_NE(flag.err.find("--jsn"), std::string::npos);
}

TEST(Arguments, AnEmptyValueIsAUsageErrorThatNamesItsOption) {
  const std::string contract = ASSAY_SOURCE_DIR "/contracts/this-host.json";
  for (const auto& [words, name] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"plan", ""}, "CONTRACT"},
           {{"run", contract, "--out", ""}, "--out"},
           {{"sign", "out", "--role", "buyer", "--key", "", "--cert", "c"}, "--key"},
           {{"verify", "", "--policy", "p"}, "DIR"}}) {
    const Ended refused = assay_program(words);
    EXPECT_EQ(refused.exit_code, 64) << name;
    EXPECT_EQ(refused.err, "assay: " + name + ": must not be empty (see assay --help)\n");
  }
  const Ended apart = run_program({ASSAY_VERIFY_PROGRAM, "out", "--policy", ""});
  EXPECT_EQ(apart.exit_code, 64);
  EXPECT_NE(apart.err.find("--policy: must not be empty"), std::string::npos) << apart.err;
}

TEST(Arguments, AModuleNeedsABackendThatHasOne) {
  const ScratchFolder folder;
  const Ended refused = assay_program({"run", ASSAY_SOURCE_DIR "/contracts/this-host.json", "--out",
                                       folder.file("out"), "--module", "x.so"});
  EXPECT_EQ(refused.exit_code, 64);
  EXPECT_NE(refused.err.find("--module"), std::string::npos) << refused.err;
  EXPECT_FALSE(std::filesystem::exists(folder.file("out")));
}

TEST(Arguments, ATimeBeyondTheCalendarNamesItsRange) {
  for (const std::string program : {"assay", "assay-verify"}) {
    std::vector<std::string> words{ASSAY_VERIFY_PROGRAM};
    if (program == "assay") {
      words = {ASSAY_PROGRAM, "verify"};
    }
    words.insert(words.end(), {"out", "--policy", "p", "--at", "9999-12-31T23:59:59Z"});
    const Ended refused = run_program(words);
    EXPECT_EQ(refused.exit_code, 64);
    EXPECT_EQ(refused.err, program +
                               ": --at: '9999-12-31T23:59:59Z' is not between the years "
                               "1970 and 2199\n");
  }
}

TEST(Arguments, EveryCommandHasHelpWithAnExample) {
  for (const std::string& command : commands()) {
    const Ended ended = assay_program({command, "--help"});
    EXPECT_EQ(ended.exit_code, 0) << command;
    EXPECT_NE(ended.out.find("Example"), std::string::npos) << command;
    EXPECT_NE(ended.out.find("assay " + command), std::string::npos) << command;
  }
}

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  std::size_t column = 0;
  for (const char c : text) {
    column = c == '\n' ? 0 : column + 1;
    widest = std::max(widest, column);
  }
  return widest;
}

TEST(Arguments, HelpFitsEightyColumns) {
  const std::string main_help = assay_program({"--help"}).out;
  EXPECT_LE(widest_line(main_help), 80U) << main_help;
  for (const std::string& command : commands()) {
    const std::string help = assay_program({command, "--help"}).out;
    EXPECT_LE(widest_line(help), 80U) << command << ": " << help;
  }
}

TEST(Arguments, ScreensFitEightyColumns) {
  const std::string golden = std::string(ASSAY_SOURCE_DIR) + "/tests/data/campaign_mixed";
  const std::vector<std::vector<std::string>> screens{
      {"list"},
      {"doctor"},
      {"judge", golden + "/out"},
      {"inspect", golden + "/out"},
      {"verify", golden + "/out", "--policy", golden + "/policy.json", "--at",
       "2026-03-02T00:00:00Z"}};
  for (const auto& screen : screens) {
    const std::string out = assay_program(screen).out;
    EXPECT_GT(widest_line(out), 20U) << screen.front();
    EXPECT_LE(widest_line(out), 80U) << screen.front() << ": " << out;
  }
}

TEST(Arguments, TheMainHelpNamesEveryCommandAndExitCode) {
  const Ended ended = assay_program({"--help"});
  EXPECT_EQ(ended.exit_code, 0);
  for (const std::string& command : commands()) {
    EXPECT_NE(ended.out.find("  " + command), std::string::npos) << command;
  }
  EXPECT_NE(ended.out.find("65 bad input"), std::string::npos);
  EXPECT_EQ(ended.out.find("worker"), std::string::npos) << "an inner command is shown";
}

TEST(Arguments, ListIsTheSameInJson) {
  const Ended people = assay_program({"list"});
  const Ended programs = assay_program({"list", "--json"});
  const auto json = read_json(programs.out.substr(0, programs.out.size() - 1));
  ASSERT_TRUE(json) << json.error().message;
  const Json* cases = json->find("cases");
  ASSERT_NE(cases, nullptr);
  ASSERT_FALSE(cases->array()->empty());
  for (const Json& a_case : *cases->array()) {
    EXPECT_NE(people.out.find(*a_case.find("id")->text()), std::string::npos);
  }
}

TEST(Arguments, ListKeepsEveryParameterApartFromItsText) {
  const Ended people = assay_program({"list"});
  const Ended programs = assay_program({"list", "--json"});
  const auto json = read_json(programs.out.substr(0, programs.out.size() - 1));
  ASSERT_TRUE(json) << json.error().message;
  for (const Json& a_case : *json->find("cases")->array()) {
    for (const Json& param : *a_case.find("params")->array()) {
      const std::string& name = *param.find("name")->text();
      EXPECT_NE(people.out.find("\n    " + name + " "), std::string::npos) << name;
    }
  }
}

TEST(Arguments, DoctorSaysWhyForEveryNo) {
  const Ended ended = assay_program({"doctor", "--json"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const auto json = read_json(ended.out.substr(0, ended.out.size() - 1));
  ASSERT_TRUE(json) << json.error().message;
  for (const Json& ability : *json->find("abilities")->array()) {
    EXPECT_EQ(*ability.find("can")->boolean(), ability.find("reason")->is_null());
  }
  for (const auto& [name, reading] : *json->find("telemetry")->object()) {
    EXPECT_EQ(reading.find("value")->is_null(), reading.find("reason") != nullptr) << name;
  }
}

TEST(Arguments, DoctorAsksAGpuForEveryKindOfWork) {
  const Ended ended = assay_program({"doctor", "--module", ASSAY_EMULATED_MODULE ",gpus=2"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const std::size_t on_gpu = ended.out.find("Can measure on gpu0\n");
  ASSERT_NE(on_gpu, std::string::npos) << ended.out;
  for (const char* can :
       {"yes  compute.gemm nvfp4", "yes  compute.latency", "yes  network.host_copy, far NUMA node",
        "yes  network.peer_copy", "yes  storage.gpu_read and gpu_write"}) {
    EXPECT_NE(ended.out.find(can, on_gpu), std::string::npos) << can;
  }
  const Ended hopper =
      assay_program({"doctor", "--module", ASSAY_EMULATED_MODULE ",gpus=1,model=h100"});
  EXPECT_NE(hopper.out.find("no   compute.gemm nvfp4"), std::string::npos) << hopper.out;
  EXPECT_NE(hopper.out.find("no   network.peer_copy"), std::string::npos) << hopper.out;
}

TEST(Arguments, DoctorNamesEveryLibraryOfTheGpuBackendOrWhatItMisses) {
  const auto told = [](const std::string& settings) {
    return assay_program({"doctor", "--module", ASSAY_EMULATED_MODULE ",gpus=1" + settings}).out;
  };
  const std::string all = told("");
  EXPECT_NE(all.find("\nLibraries that backend cuda loads\n"
                     "  cuBLASLt  13.1.0, libcublasLt.so.13\n"
                     "  cuDNN     9.19.0, libcudnn.so.9\n"
                     "  NCCL      2.28.9, libnccl.so.2\n"
                     "  cuFile    1.13.0, libcufile.so.0\n"),
            std::string::npos)
      << all;
  const std::string without = told(",cudnn=0,nccl=22602,fault=no_driver");
  EXPECT_NE(without.find("  cuDNN     none: libcudnn.so.9 is not there"), std::string::npos)
      << without;
  EXPECT_NE(
      without.find("  NCCL      none: libnccl.so.2 is version 2.26.2; at least 2.27, and below "
                   "3, is\n            needed\n"),
      std::string::npos)
      << without;
}

TEST(Arguments, NoColourLeavesThisTestsPipes) {
  EXPECT_EQ(assay_program({"list"}).out.find('\033'), std::string::npos);
}

TEST(Arguments, AClosedOutputIsAnErrorAndNotASuccess) {
  for (const std::string words :
       {ASSAY_PROGRAM " list", ASSAY_PROGRAM " --help", ASSAY_PROGRAM " run --help",
        ASSAY_PROGRAM "-verify --version",
        ASSAY_PROGRAM " plan " ASSAY_SOURCE_DIR "/contracts/this-host.json",
        ASSAY_PROGRAM " verify out --policy p", ASSAY_PROGRAM "-verify out --policy p"}) {
    const Ended ended = run_program({"/bin/sh", "-c", words + " > /dev/full"});
    EXPECT_EQ(ended.exit_code, 74) << words << ended.err;
    EXPECT_TRUE(ended.err.starts_with("assay")) << ended.err;
    EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
  }
}

TEST(Arguments, CompletionIsBashThatCompletes) {
  const Ended ended = run_program(
      {"/bin/bash", "-c",
       "source <(" + std::string(ASSAY_PROGRAM) +
           " completion bash); COMP_WORDS=(assay ver); COMP_CWORD=1; _assay; echo "
           "\"${COMPREPLY[@]}\";"
           " COMP_WORDS=(assay verify --pol); COMP_CWORD=2; _assay; echo \"${COMPREPLY[@]}\""});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out, "verify\n--policy\n");
}

}  // namespace
}  // namespace assay
