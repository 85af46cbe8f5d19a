// A campaign that nobody watches any more: its terminal, or the reader of its output, is gone.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "tests/cli/program.h"
#include "tests/cli/short_contract.h"

namespace assay {
namespace {

class LeftAlone : public testing::Test {
 protected:
  void write(const std::string& contract) const {
    std::ofstream(folder_.file("contract.json"), std::ios::binary) << contract;
  }
  /// `script` finds the program in $0, the contract in $1, the campaign's folder in $2.
  [[nodiscard]] std::vector<std::string> bash(const std::string& script) const {
    return {"/bin/bash",        "-c", script, ASSAY_PROGRAM, folder_.file("contract.json"),
            folder_.file("out")};
  }
  [[nodiscard]] bool is_reported() const {
    return std::filesystem::exists(folder_.file("out/report.json"));
  }
  [[nodiscard]] bool is_begun() const { return has_in_journal("\"attempt\":3"); }
  [[nodiscard]] bool is_closed() const { return has_in_journal("\"kind\":\"close\""); }

 private:
  [[nodiscard]] bool has_in_journal(const std::string& part) const {
    return whole_file(folder_.file("out/journal/00000.jsonl")).find(part) != std::string::npos;
  }

 protected:
  ScratchFolder folder_;
};

TEST_F(LeftAlone, UnderNohupGoesOnAfterTheHangup) {
  write(contract_with_limit("0.001"));
  const ScratchFolder said;
  const pid_t child =
      start_program(bash("trap '' HUP INT; exec \"$0\" run \"$1\" --out \"$2\""), said);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(90);
  while (!is_begun() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_TRUE(is_begun()) << "the third attempt never began";
  kill(child, SIGSTOP);  // however busy the machine is, it can't end before it is signalled
  EXPECT_FALSE(is_closed()) << "the campaign was over before anything was shown";
  kill(child, SIGHUP);
  kill(child, SIGINT);
  kill(child, SIGCONT);
  const Ended ended = wait_for(child, said);
  EXPECT_EQ(ended.exit_code, 0) << ended.out << ended.err;
}

TEST_F(LeftAlone, GoesOnWithoutAReaderOfItsErrors) {
  write(contract_with_limit("0.001"));
  const Ended ended = run_program(
      bash("\"$0\" run \"$1\" --out \"$2\" --backend cuda --module /nowhere.so 2>&1 >/dev/null |"
           " true; exit ${PIPESTATUS[0]}"));
  EXPECT_EQ(ended.exit_code, 2) << ended.err;
  EXPECT_TRUE(is_reported());
}

TEST_F(LeftAlone, EndsWithAnErrorOfWritingWithoutAReaderOfItsOutput) {
  write(contract_with_limit("0.001"));
  const Ended ended =
      run_program(bash("\"$0\" run \"$1\" --out \"$2\" | true; exit ${PIPESTATUS[0]}"));
  EXPECT_EQ(ended.exit_code, 74) << ended.err;
  EXPECT_EQ(ended.err, "assay: standard output can't be written\n");
  EXPECT_TRUE(is_reported());
  const Ended selftest = run_program(bash("\"$0\" selftest | true; exit ${PIPESTATUS[0]}"));
  EXPECT_EQ(selftest.exit_code, 74) << selftest.err;
}

}  // namespace
}  // namespace assay
