// assay plan as a person and a script call it.
#include <algorithm>

#include <gtest/gtest.h>

#include "reports/digest.h"
#include "reports/json.h"
#include "tests/cli/program.h"

namespace assay {
namespace {

const std::string k_contracts = std::string(ASSAY_SOURCE_DIR) + "/contracts/";

Json json_of(const Ended& ended) {
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  const auto json = read_json(ended.out.substr(0, ended.out.size() - 1));
  EXPECT_TRUE(json) << ended.out;
  return json ? *json : Json();
}

/// The smallest shipped contract with `was` replaced by `is`.
class PlanCommand : public testing::Test {
 protected:
  std::string changed(const std::string& was, const std::string& is) {
    std::string text = whole_file(k_contracts + "examples/two-hosts.json");
    const std::size_t at = text.find(was);
    EXPECT_NE(at, std::string::npos) << was;
    text.replace(at, was.size(), is);
    const std::string path = folder_.file("contract.json");
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  ScratchFolder folder_;
};

TEST_F(PlanCommand, ShowsEveryClauseWithItsTimeMemoryBytesGuardBandAndRisks) {
  const Ended ended = assay_program({"plan", k_contracts + "dgx-b200-node.json"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
  for (const char* part : {"Plan of 'dgx-b200-node' (acceptance)", "contract ", "plan     ",
                           "compute.gemm on each_gpu", "30 runs", "to the first look",
                           "guard band 0.1160 %", "of memory on each device", "buyer ", "supplier ",
                           "Each look: day 1: runs 1-4", "buyer's nonce"}) {
    EXPECT_NE(ended.out.find(part), std::string::npos) << part << "\n" << ended.out;
  }
}

TEST_F(PlanCommand, FitsEightyColumns) {
  for (const char* name : {"industrial-ai-cloud", "dgx-b200-node", "this-host"}) {
    std::size_t column = 0;
    for (const char c : assay_program({"plan", k_contracts + name + ".json"}).out) {
      column = c == '\n' ? 0 : column + 1;
      ASSERT_LE(column, 80U) << name;
    }
  }
}

TEST_F(PlanCommand, GivesTheDigestOfItsOwnPlanInJson) {
  const std::string path = k_contracts + "this-host.json";
  const Json json = json_of(assay_program({"plan", path, "--json"}));
  EXPECT_EQ(*json.find("contract_sha256")->text(), hex(sha256(whole_file(path))));
  EXPECT_EQ(*json.find("plan_sha256")->text(), hex(sha256(canonical_json(*json.find("plan")))));
  EXPECT_EQ(*json.find("plan")->find("contract")->text(), "this-host");
  EXPECT_EQ(json.find("risks")->array()->size(), 10U);
  EXPECT_TRUE(json.find("warnings")->array()->empty());
}

TEST_F(PlanCommand, GivesTheSameDigestEachTimeAndToPeopleToo) {
  const std::string path = k_contracts + "industrial-ai-cloud.json";
  const Json first = json_of(assay_program({"plan", path, "--json"}));
  const Json again = json_of(assay_program({"plan", path, "--json"}));
  EXPECT_EQ(*first.find("plan_sha256")->text(), *again.find("plan_sha256")->text());
  const Ended people = assay_program({"plan", path});
  EXPECT_NE(people.out.find("plan     " + *first.find("plan_sha256")->text()), std::string::npos);
}

TEST_F(PlanCommand, GivesAnotherContractAnotherDigest) {
  const Json shipped =
      json_of(assay_program({"plan", k_contracts + "examples/two-hosts.json", "--json"}));
  const Json longer = json_of(
      assay_program({"plan", changed(R"("window": "60 s")", R"("window": "61 s")"), "--json"}));
  EXPECT_NE(*shipped.find("plan_sha256")->text(), *longer.find("plan_sha256")->text());
}

TEST_F(PlanCommand, PrintsWarningsAndStillEndsWithZero) {
  const std::string path = changed(R"("days": 3)", R"("days": 2)");
  const std::string sentence =
      "sessions.days: 2; what is common to a day can't be seen within it, 3 or more are usual";
  const Json json = json_of(assay_program({"plan", path, "--json"}));
  ASSERT_EQ(json.find("warnings")->array()->size(), 1U);
  EXPECT_EQ(*json.find("warnings")->array()->front().text(), sentence);
  const Ended people = assay_program({"plan", path});
  EXPECT_EQ(people.exit_code, 0);
  EXPECT_NE(people.out.find("warning: sessions.days: 2;"), std::string::npos) << people.out;
}

TEST_F(PlanCommand, RefusesABadContractInOneSentenceWithItsPlace) {
  const std::string path = changed("400 GB/s", "400");
  const Ended ended = assay_program({"plan", path});
  EXPECT_EQ(ended.exit_code, 65);
  EXPECT_EQ(ended.out, "");
  EXPECT_TRUE(ended.err.starts_with("assay: " + path + ": clauses[0].at_least: ")) << ended.err;
  EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1);
}

TEST_F(PlanCommand, RefusesWhatNoCaseKnowsWithItsPlace) {
  const Ended ended = assay_program({"plan", changed("compute.memory", "compute.memori")});
  EXPECT_EQ(ended.exit_code, 65);
  EXPECT_NE(ended.err.find("clauses[0].case: there is no case 'compute.memori'"), std::string::npos)
      << ended.err;
}

TEST_F(PlanCommand, SaysWhichFileIsMissing) {
  const Ended ended = assay_program({"plan", folder_.file("nothing.json")});
  EXPECT_EQ(ended.exit_code, 65);
  EXPECT_NE(ended.err.find("nothing.json"), std::string::npos) << ended.err;
}

TEST_F(PlanCommand, PrintsNoPathThatActsOnATerminal) {
  const Ended ended = assay_program({"plan", "no\x1b[31m\xc3\x1b]0;x\a.json"});
  EXPECT_EQ(ended.exit_code, 65);
  EXPECT_EQ(ended.err.find_first_of("\x1b\a"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("no?[31m??]0;x?.json"), std::string::npos) << ended.err;
}

TEST_F(PlanCommand, CountsOneAttemptInTheSingular) {
  const std::string path = folder_.file("one.json");
  std::ofstream(path, std::ios::binary) << R"({"schema": "assay.contract/1", "id": "one",
    "purpose": "demonstration", "title": {"en": "One look"}, "parties": {"buyer": {"name": "B"},
    "supplier": {"name": "S"}}, "inventory": [{"id": "b200", "kind": "dgx-b200", "nodes": 1,
    "gpus": {"model": "NVIDIA B200", "count": 8, "memory": "180 GB", "power_limit": "1000 W"}}],
    "sessions": {"days": 1}, "conditions": {"block_gap": "1 %", "clock_disagreement": "0.1 %"},
    "clauses": [{"id": "I", "title": {"en": "Inventory"}, "case": "system.inventory",
      "population": "b200", "scope": "each_node", "params": {"cpu_cores": 112, "ecc": "on",
      "host_memory_gib": 1862, "mig": "off", "nvlinks": 18, "pcie_generation": 5,
      "pcie_width": 16}, "rule": "once", "weight": "mandatory"}]})";
  const Ended ended = assay_program({"plan", path});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(ended.out.find("; 1 attempt, "), std::string::npos) << ended.out;
}

TEST_F(PlanCommand, WantsExactlyOneContract) {
  EXPECT_EQ(assay_program({"plan"}).exit_code, 64);
  EXPECT_EQ(assay_program({"plan", "a.json", "b.json"}).exit_code, 64);
  EXPECT_EQ(assay_program({"plan", "a.json", "--jsn"}).exit_code, 64);
}

}  // namespace
}  // namespace assay
