// The main job through the programs alone: run, sign, verify; and what interrupts it.
#include <chrono>
#include <csignal>
#include <thread>

#include <gtest/gtest.h>

#include "reports/json.h"
#include "tests/cli/program.h"
#include "tests/cli/short_contract.h"

namespace assay {
namespace {

/// The same with matrices that no host has the memory for.
std::string contract_beyond_memory() {
  std::string text = contract_with_limit("0.001");
  for (const char* order : {R"("m": 256)", R"("n": 256)", R"("k": 256)"}) {
    text.replace(text.find(order) + 5, 3, "1048576");
  }
  for (int type = 0; type < 3; ++type) {
    text.replace(text.find("\"f32\""), 5, "\"f64\"");
  }
  return text;
}

class Campaign : public testing::Test {
 protected:
  void SetUp() override { write("contract.json", contract_with_limit("0.001")); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.file(name), std::ios::binary) << text;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.file(name); }

  Ended run(std::vector<std::string> more = {}) {
    std::vector<std::string> words{"run", path("contract.json"), "--out", path("out")};
    words.insert(words.end(), more.begin(), more.end());
    return assay_program(words);
  }
  /// What was said of it beside its success.
  std::string sign() {
    const Ended made =
        assay_program({"keygen", "--out", path("key.pem"), "--cert", path("cert.pem"), "--name",
                       "Tester", "--unencrypted", "--policy", path("policy.json")});
    EXPECT_EQ(made.exit_code, 0) << made.err;
    const Ended signed_it = assay_program({"sign", path("out"), "--role", "supplier", "--key",
                                           path("key.pem"), "--cert", path("cert.pem")});
    EXPECT_EQ(signed_it.exit_code, 0) << signed_it.err;
    return signed_it.err;
  }
  Ended verify(const std::string& program = ASSAY_PROGRAM) {
    std::vector<std::string> words{program};
    if (program == ASSAY_PROGRAM) {
      words.emplace_back("verify");
    }
    words.insert(words.end(), {path("out"), "--policy", path("policy.json"), "--deep"});
    return run_program(words);
  }
  /// Starts a run and ends it with `signal` once a few attempts are in its journal.
  Ended run_until(int signal) {
    const ScratchFolder said;
    const pid_t child =
        start_program({ASSAY_PROGRAM, "run", path("contract.json"), "--out", path("out")}, said);
    const auto begun = [this] {
      return whole_file(path("out/journal/00000.jsonl")).find("\"attempt\":3") != std::string::npos;
    };
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(90);
    while (!begun() && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_TRUE(begun()) << "the third attempt never began";
    kill(child, signal);
    return wait_for(child, said);
  }

  ScratchFolder folder_;
};

TEST_F(Campaign, IsRunSignedAndVerifiedByBothPrograms) {
  const Ended ran = run();
  ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_NE(ran.out.find("Decision: limits met"), std::string::npos) << ran.out;
  sign();
  const Ended verified = verify();
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  const Ended apart = verify(ASSAY_VERIFY_PROGRAM);
  EXPECT_EQ(apart.exit_code, 0);
  EXPECT_EQ(apart.out, verified.out);
}

/// "N-1 reject, ...": what the JSON says of each clause's items.
std::string items_of(const Json& judgement) {
  std::string text;
  for (const Json& clause : *judgement.find("clauses")->array()) {
    text += text.empty() ? "" : ", ";
    text += *clause.find("id")->text();
    for (const char* verdict : {"accepted", "inconclusive", "invalid", "not_run", "rejected"}) {
      text += *clause.find(verdict)->whole() > 0 ? std::string(" ") + verdict : "";
    }
  }
  return text;
}

TEST_F(Campaign, OfADeliveryThatMustBeRejectedIsRejectedWithItsReasonsAndSoIsItsReport) {
  write("contract.json", whole_file(ASSAY_SOURCE_DIR "/contracts/examples/rejects.json"));
  EXPECT_EQ(run().exit_code, 1);
  sign();
  for (const std::string program : {ASSAY_PROGRAM, ASSAY_VERIFY_PROGRAM}) {
    const Ended verified = verify(program);
    EXPECT_EQ(verified.exit_code, 5) << verified.err;
    EXPECT_NE(verified.out.find("rejected"), std::string::npos) << verified.out;
  }
  const Ended judged = assay_program({"judge", path("out"), "--json"});
  EXPECT_EQ(judged.exit_code, 1);
  const auto json = read_json(judged.out.substr(0, judged.out.size() - 1));
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(*json->find("decision")->text(), "rejected");
  EXPECT_EQ(items_of(*json), "N-1 rejected, N-2 invalid, N-3 not_run, N-4 accepted, N-5 rejected");
  std::string defects;
  for (const Json& defect : *json->find("defects")->array()) {
    defects += *defect.find("clause")->text() + " " + *defect.find("name")->text() + "; ";
  }
  EXPECT_EQ(defects, "N-1 below_limit; N-2 implausible; N-3 unsupported; ");
}

TEST_F(Campaign, IsJudgedTheSameOnAProcessorWithoutFma) {
  ASSERT_EQ(run().exit_code, 0);
  sign();
  const Ended here = verify(ASSAY_VERIFY_PROGRAM);
  const Ended there =
      run_program({"/usr/bin/env", "GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX512F",
                   ASSAY_VERIFY_PROGRAM, path("out"), "--policy", path("policy.json"), "--deep"});
  EXPECT_EQ(there.exit_code, 0) << there.err;
  EXPECT_EQ(there.out, here.out);
}

TEST_F(Campaign, ThatMissesItsLimitEndsRejectedWithANamedDefect) {
  write("contract.json", contract_with_limit("800000"));
  const Ended ran = run({"--json"});
  EXPECT_EQ(ran.exit_code, 1) << ran.out << ran.err;
  const auto json = read_json(ran.out.substr(0, ran.out.size() - 1));
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(*json->find("decision")->text(), "limits_missed");
  ASSERT_FALSE(json->find("defects")->array()->empty());
  EXPECT_EQ(*json->find("defects")->array()->front().find("name")->text(), "below_limit");
  sign();
  EXPECT_EQ(verify().exit_code, 5);
  EXPECT_EQ(assay_program({"judge", path("out")}).exit_code, 1);
}

TEST_F(Campaign, GoesOnAfterKillNine) {
  EXPECT_EQ(run_until(SIGKILL).exit_code, 128 + SIGKILL);
  EXPECT_EQ(run().exit_code, 65) << "a campaign in the folder is never begun anew";
  const Ended resumed = run({"--resume"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.out << resumed.err;
  sign();
  EXPECT_EQ(verify().exit_code, 0);
}

TEST_F(Campaign, KeepsItsSignatureWhenItIsResumedAfterItsEnd) {
  ASSERT_EQ(run().exit_code, 0);
  sign();
  const std::string report = whole_file(path("out/report.json"));
  const std::string envelope = whole_file(path("out/report.sig.json"));
  const std::string journal = whole_file(path("out/journal/00000.jsonl"));
  const Ended resumed = run({"--resume"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_NE(resumed.out.find("complete already"), std::string::npos) << resumed.out;
  EXPECT_EQ(whole_file(path("out/report.json")), report);
  EXPECT_EQ(whole_file(path("out/report.sig.json")), envelope);
  EXPECT_EQ(whole_file(path("out/journal/00000.jsonl")), journal);
  const Ended verified = verify();
  EXPECT_EQ(verified.exit_code, 0) << verified.out;
}

TEST_F(Campaign, ThatIsUnfinishedIsJudgedWithWhatIsMissingAndHowToGoOn) {
  EXPECT_EQ(run_until(SIGKILL).exit_code, 128 + SIGKILL);
  const std::string advice =
      "journal/00000.jsonl has no end, so runs are missing; where it was "
      "begun, go on with: assay run " +
      path("out") + "/contract.json --out " + path("out") + " --resume";
  const Ended killed = assay_program({"judge", path("out")});
  EXPECT_EQ(killed.exit_code, 65);
  EXPECT_NE(killed.err.find(advice), std::string::npos) << killed.err;
}

TEST_F(Campaign, ThatWasInterruptedIsJudgedAsNotComplete) {
  EXPECT_EQ(run_until(SIGINT).exit_code, 130);
  const Ended judged = assay_program({"judge", path("out")});
  EXPECT_EQ(judged.exit_code, 2) << judged.err;
  EXPECT_NE(judged.out.find("the campaign is unfinished"), std::string::npos) << judged.out;
  EXPECT_NE(judged.out.find("--resume"), std::string::npos) << judged.out;
  const Ended programs = assay_program({"judge", path("out"), "--json"});
  EXPECT_EQ(programs.exit_code, 2);
  const auto json = read_json(programs.out.substr(0, programs.out.size() - 1));
  ASSERT_TRUE(json) << programs.out;
  EXPECT_FALSE(*json->find("complete")->boolean());
  ASSERT_EQ(run({"--resume"}).exit_code, 0);
  const Ended whole = assay_program({"judge", path("out")});
  EXPECT_EQ(whole.exit_code, 0);
  EXPECT_EQ(whole.out.find("unfinished"), std::string::npos) << whole.out;
}

TEST_F(Campaign, OfSeveralDaysEndsItsFirstDayWithTwoAndSaysWhenToGoOn) {
  std::string text = contract_with_limit("0.001");
  text.replace(text.find(R"("days": 1)"), 9, R"("days": 3)");
  write("contract.json", text);
  const Ended people = run();
  EXPECT_EQ(people.exit_code, 2) << people.err;
  EXPECT_NE(people.out.find("not complete: day 1 of 3 is done; go on from "), std::string::npos)
      << people.out;
  const Ended again = run({"--resume", "--json"});
  EXPECT_EQ(again.exit_code, 2) << again.err;
  const auto json = read_json(again.out.substr(0, again.out.size() - 1));
  ASSERT_TRUE(json) << again.out;
  EXPECT_FALSE(*json->find("complete")->boolean());
  EXPECT_EQ(*json->find("finish")->text(), "next_day");
  ASSERT_NE(json->find("next_day")->object(), nullptr) << again.out;
  EXPECT_EQ(*json->find("next_day")->find("day")->whole(), 2);
  EXPECT_EQ(*json->find("next_day")->find("days")->whole(), 3);
  EXPECT_TRUE(json->find("next_day")->find("not_before")->text()->ends_with("T00:00:00Z"));
}

TEST_F(Campaign, OfTwoDaysThatWasSignedOnItsFirstIsNoDeadEnd) {
  std::string text = contract_with_limit("0.001");
  text.replace(text.find(R"("days": 1)"), 9, R"("days": 2)");
  write("contract.json", text);
  ASSERT_EQ(run().exit_code, 2);
  const std::string warning = sign();
  EXPECT_TRUE(warning.starts_with("assay: warning: the campaign is unfinished")) << warning;
  const std::string journal = whole_file(path("out/journal/00000.jsonl"));
  const std::string report = whole_file(path("out/report.json"));
  const Ended waited = run({"--resume"});
  EXPECT_EQ(waited.exit_code, 2) << waited.err;
  EXPECT_EQ(waited.out.find("no longer"), std::string::npos) << waited.out;
  EXPECT_EQ(whole_file(path("out/journal/00000.jsonl")), journal);
  EXPECT_EQ(whole_file(path("out/report.json")), report);
  EXPECT_EQ(verify().exit_code, 5) << "valid, but not accepted";
}

TEST_F(Campaign, IsRunFromAContractBehindALinkButNotWithOneInItsFolder) {
  std::filesystem::create_symlink(path("contract.json"), path("link.json"));
  const Ended ran = assay_program({"run", path("link.json"), "--out", path("out")});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  std::filesystem::remove(path("out/contract.json"));
  std::filesystem::create_symlink(path("contract.json"), path("out/contract.json"));
  const Ended judged = assay_program({"judge", path("out")});
  EXPECT_EQ(judged.exit_code, 65);
  EXPECT_NE(judged.err.find("is a symbolic link"), std::string::npos) << judged.err;
}

TEST_F(Campaign, BeyondTheMemoryIsNotRunAndSaysBothFiguresBeforeAnythingIsAllocated) {
  write("contract.json", contract_beyond_memory());
  const Ended ran = run();
  EXPECT_EQ(ran.exit_code, 2) << ran.out << ran.err;
  EXPECT_NE(ran.out.find("NOT_RUN unsupported"), std::string::npos) << ran.out;
  EXPECT_NE(ran.err.find("MiB of memory are available"), std::string::npos) << ran.err;
}

TEST_F(Campaign, EndsCleanlyOnControlCAndGoesOn) {
  const Ended interrupted = run_until(SIGINT);
  EXPECT_EQ(interrupted.exit_code, 130) << interrupted.err;
  const std::string journal = whole_file(path("out/journal/00000.jsonl"));
  EXPECT_NE(journal.find("\"kind\":\"interrupt\""), std::string::npos);
  const Ended resumed = run({"--resume"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.out << resumed.err;
}

TEST_F(Campaign, IsNotBegunWithAVariableThatChangesItsMeaning) {
  const Ended refused = run_program({"/usr/bin/env", "LD_BIND_NOW=1", ASSAY_PROGRAM, "run",
                                     path("contract.json"), "--out", path("out")});
  EXPECT_EQ(refused.exit_code, 65);
  EXPECT_NE(refused.err.find("LD_BIND_NOW"), std::string::npos) << refused.err;
  EXPECT_FALSE(std::filesystem::exists(path("out")));
}

TEST_F(Campaign, IsNotBegunOnABadContract) {
  std::string text = contract_with_limit("1");
  text.replace(text.find("GFLOP/s"), 7, "GFLOPS");
  write("contract.json", text);
  const Ended refused = run();
  EXPECT_EQ(refused.exit_code, 65);
  EXPECT_NE(refused.err.find("clauses[0].at_least"), std::string::npos) << refused.err;
  EXPECT_FALSE(std::filesystem::exists(path("out")));
}

TEST_F(Campaign, OfAnotherReportIsNeverSigned) {
  ASSERT_EQ(run().exit_code, 0);
  std::string report = whole_file(path("out/report.json"));
  report.replace(report.find("limits_met"), 10, "limits_mat");
  write("out/report.json", report);
  const Ended made = assay_program({"keygen", "--out", path("key.pem"), "--cert", path("cert.pem"),
                                    "--name", "Tester", "--unencrypted"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const Ended refused = assay_program({"sign", path("out"), "--role", "supplier", "--key",
                                       path("key.pem"), "--cert", path("cert.pem")});
  EXPECT_EQ(refused.exit_code, 65);
  EXPECT_FALSE(std::filesystem::exists(path("out/report.sig.json")));
}

std::string contract_of_b200s() {
  return R"({"schema": "assay.contract/1", "id": "b200s", "purpose": "demonstration",
    "title": {"en": "What is there"}, "parties": {"buyer": {"name": "B"}, "supplier": {"name": "S"}},
    "inventory": [{"id": "b200", "kind": "dgx-b200", "nodes": 1, "gpus": {"model": "NVIDIA B200",
      "count": 8, "memory": "180 GB", "power_limit": "1000 W"}}], "sessions": {"days": 1},
    "conditions": {"block_gap": "1 %", "clock_disagreement": "0.1 %"},
    "clauses": [{"id": "I", "title": {"en": "Inventory"}, "case": "system.inventory",
      "population": "b200", "scope": "each_node", "params": {"cpu_cores": 112, "ecc": "on",
        "host_memory_gib": 1862, "mig": "off", "nvlinks": 18, "pcie_generation": 5,
        "pcie_width": 16}, "rule": "once", "weight": "mandatory"},
      {"id": "H", "title": {"en": "Health"}, "case": "system.health", "population": "b200",
      "scope": "each_node", "params": {"nvlink_recoveries": "none", "remapped_rows": "none",
        "thermal_slowdown": "none", "xid_counted": "none"}, "rule": "once",
      "weight": "mandatory"}]})";
}

TEST_F(Campaign, OfARecordedMachineIsRunSignedAndVerifiedAndMarked) {
  write("contract.json", contract_of_b200s());
  const Ended ran =
      run({"--replay-machine", ASSAY_SOURCE_DIR "/tests/data/machines/dgx_b200.json"});
  ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_NE(ran.out.find("Decision: limits met"), std::string::npos) << ran.out;
  EXPECT_NE(whole_file(path("out/report.json")).find("\"marks\":[\"replayed\"]"),
            std::string::npos);
  sign();
  EXPECT_EQ(verify(ASSAY_VERIFY_PROGRAM).exit_code, 0);
}

TEST_F(Campaign, OfARecordedMachineCanNeverBeAnAcceptance) {
  std::string contract = contract_of_b200s();
  contract.replace(contract.find("demonstration"), 13, "acceptance");
  for (std::size_t at = 0; (at = contract.find("each_node")) != std::string::npos;) {
    contract.replace(at, 9, "each_gpu");
  }
  // An acceptance must measure every GPU, and not only look at it.
  const std::string clauses = R"("clauses": [)";
  contract.insert(contract.find(clauses) + clauses.size(),
                  R"({"id":"G-1","title":{"en":"Product"},"case":"compute.gemm",)"
                  R"("population":"b200","scope":"each_gpu","concurrent":"one_at_a_time",)"
                  R"("params":{"input":"f32","accumulate":"f32","output":"f32",)"
                  R"("sparsity":"dense","emulation":"forbidden","operands":"integers",)"
                  R"("m":64,"n":64,"k":64},"window":"1 s","rule":"1-5-9","at_least":"1 TFLOP/s",)"
                  R"("at_most_plausible":"2 TFLOP/s","weight":"mandatory"},)");
  write("contract.json", contract);
  const Ended ran =
      run({"--replay-machine", ASSAY_SOURCE_DIR "/tests/data/machines/dgx_b200.json"});
  EXPECT_EQ(ran.exit_code, 2) << ran.out << ran.err;
  EXPECT_NE(ran.out.find("replayed"), std::string::npos) << ran.out;
}

TEST_F(Campaign, OfAnUnreadableRecordingIsNotBegun) {
  write("contract.json", contract_of_b200s());
  write("machine.json", "{}");
  const Ended refused = run({"--replay-machine", path("machine.json")});
  EXPECT_EQ(refused.exit_code, 65);
  EXPECT_NE(refused.err.find("machine.json: schema: is missing"), std::string::npos) << refused.err;
  EXPECT_FALSE(std::filesystem::exists(path("out")));
}

TEST_F(Campaign, OfGpusThatNobodyCanAskForNamesTheMissingLibrary) {
  write("contract.json", contract_of_b200s());
  const Ended ran = run();
  if (ran.exit_code != 2) {
    GTEST_SKIP() << "this machine has GPUs";
  }
  EXPECT_NE(whole_file(path("out/journal/00000.jsonl")).find("libnvidia-ml.so.1"),
            std::string::npos);
}

TEST_F(Campaign, InspectSaysThatNothingIsVerified) {
  ASSERT_EQ(run().exit_code, 0);
  const Ended seen = assay_program({"inspect", path("out")});
  EXPECT_EQ(seen.exit_code, 0) << seen.err;
  EXPECT_TRUE(seen.out.starts_with("not verified")) << seen.out;
  EXPECT_NE(seen.out.find("10 measured"), std::string::npos) << seen.out;
}

}  // namespace
}  // namespace assay
