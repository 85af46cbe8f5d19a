// assay-verify as a user calls it: no HOME, no environment, no network.
#include <sys/wait.h>

#include <cstdio>

#include <gtest/gtest.h>

#include "reports/json.h"

namespace {

struct Answer {
  int code = -1;
  std::string out;
};

Answer call(const std::string& arguments) {
  const std::string command =
      "env -i " + std::string(ASSAY_VERIFY_PROGRAM) + " " + arguments + " 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  Answer answer;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
    answer.out.push_back(static_cast<char>(c));
  }
  answer.code = WEXITSTATUS(::pclose(pipe));
  return answer;
}

const std::string k_data = std::string(ASSAY_SOURCE_DIR) + "/tests/data/";

std::string golden(const std::string& name, const std::string& more = "") {
  return k_data + name + "/out --policy " + k_data + name +
         "/policy.json --at 2026-03-02T00:00:00Z " + more;
}

TEST(VerifyProgram, PrintsJsonWhateverTheBytesOfAPath) {
  const Answer answer = call("/no\xff/such --policy /none --json");
  EXPECT_EQ(answer.code, 3);
  EXPECT_TRUE(assay::read_json(answer.out)) << answer.out;
}

TEST(VerifyProgram, SaysZeroForWhatIsValidAndMet) {
  const Answer answer = call(golden("campaign_met", "--deep"));
  EXPECT_EQ(answer.code, 0) << answer.out;
  EXPECT_EQ(answer.out.substr(0, 27), "valid, decision: limits_met") << answer.out;
  EXPECT_NE(answer.out.find("limits_met (simulated: never an acceptance)\n"), std::string::npos);
  EXPECT_NE(answer.out.find("not checked"), std::string::npos);
}

TEST(VerifyProgram, SaysFiveForWhatIsValidAndMissed) {
  EXPECT_EQ(call(golden("campaign_mixed")).code, 5);
}

TEST(VerifyProgram, SaysThreeBeforeTheSignatureWasMade) {
  const Answer answer = call(k_data + "campaign_met/out --policy " + k_data +
                             "campaign_met/policy.json --at 1970-01-01T00:00:00Z");
  EXPECT_EQ(answer.code, 3) << answer.out;
}

TEST(VerifyProgram, SaysOneForAnotherFolder) {
  EXPECT_EQ(call("/ --policy " + k_data + "campaign_met/policy.json").code, 1);
}

TEST(VerifyProgram, SaysThreeForAFolderThatIsNotThere) {
  EXPECT_EQ(call("/mistyped --policy " + k_data + "campaign_met/policy.json").code, 3);
}

TEST(VerifyProgram, PrintsOneJsonObject) {
  const Answer answer = call(golden("campaign_met", "--json"));
  const auto json = assay::read_json(answer.out.substr(0, answer.out.size() - 1));
  ASSERT_TRUE(json) << answer.out;
  EXPECT_EQ(*json->find("decision")->text(), "limits_met");
  EXPECT_EQ(*json->find("exit_code")->whole(), 0);
  EXPECT_EQ(*json->find("marks")->array()->at(0).text(), "simulated");
  EXPECT_EQ(*json->find("indication")->text(), "TOTAL-PASSED");
}

TEST(VerifyProgram, WantsAFolderAndAPolicy) {
  EXPECT_EQ(call("").code, 64);
  EXPECT_EQ(call("/tmp").code, 64);
  EXPECT_EQ(call("--no-such-option").code, 64);
  EXPECT_EQ(call(golden("campaign_met", "--at yesterday")).code, 64);
}

TEST(VerifyProgram, HelpsAndTellsItsVersion) {
  const Answer help = call("--help");
  EXPECT_EQ(help.code, 0);
  EXPECT_NE(help.out.find("Example:"), std::string::npos);
  EXPECT_NE(help.out.find("Exit codes:"), std::string::npos);
  const Answer version = call("--version");
  EXPECT_EQ(version.code, 0);
  EXPECT_EQ(version.out.substr(0, 13), "assay-verify ");
}

}  // namespace
