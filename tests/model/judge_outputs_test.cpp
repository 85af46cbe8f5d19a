// Items of one round have the same operands, so that their outputs can be compared.
#include <gtest/gtest.h>

#include "tests/model/campaign_maker.h"

namespace assay {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the helpers of these tests

/// Three GPUs that ran ten rounds with the same outputs.
Evidence three_in_agreement() {
  std::vector<Attempt> attempts;
  for (ItemIndex item = 1; item <= 3; ++item) {
    for (Attempt attempt : runs(signs(10, 0), item)) {
      attempt.outputs[0] = static_cast<std::uint8_t>(attempt.round);
      attempts.push_back(attempt);
    }
  }
  return evidence_of(attempts);
}

std::vector<std::string> shown_three(const Evidence& evidence) {
  const Judgement judgement = judged(contract_of({rate_clause()}, 1, 3), evidence);
  std::vector<std::string> all;
  for (const Verdict& verdict : judgement.clauses[0].verdicts) {
    all.push_back(shown(verdict));
  }
  return all;
}

TEST(JudgeOutputs, InvalidatesTheItemWhoseOutputsAreNotThoseOfTheOthers) {
  const std::string met = "ACCEPT limit_met";
  const std::string differs = "INVALID outputs_differ";
  using All = std::vector<std::string>;
  Evidence evidence = three_in_agreement();
  EXPECT_EQ(shown_three(evidence), (All{met, met, met}));
  evidence.attempts[14].outputs[1] = 1;  // item 2 in round 5
  EXPECT_EQ(shown_three(evidence), (All{met, differs, met}));
  evidence.attempts[24].outputs[1] = 2;  // nobody knows who is right
  EXPECT_EQ(shown_three(evidence), (All{differs, differs, differs}));
  for (const std::size_t index : {4U, 14U, 24U}) {
    evidence.attempts[index].work_per_step = index;  // other problems have other outputs
  }
  EXPECT_EQ(shown_three(evidence), (All{met, met, met}));
}

// Whose sums round in an order of the machine's.
TEST(JudgeOutputs, ComparesNoOutputsOfACaseThatRounds) {
  Evidence evidence = three_in_agreement();
  evidence.attempts[14].outputs[1] = 1;
  Clause clause = rate_clause();
  clause.case_id = "compute.transformer_step";
  const Judgement judgement = judged(contract_of({clause}, 1, 3), evidence);
  for (const Verdict& verdict : judgement.clauses[0].verdicts) {
    EXPECT_EQ(shown(verdict), "ACCEPT limit_met");
  }
}

std::string detail_of(const Evidence& evidence, std::uint32_t gpus, std::size_t item) {
  const Judgement judgement = judged(contract_of({rate_clause()}, 1, gpus), evidence);
  return judgement.clauses[0].verdicts[item].detail;
}

TEST(JudgeOutputs, NamesTheOddOneAmongThree) {
  Evidence evidence = three_in_agreement();
  evidence.attempts[14].outputs[1] = 1;
  EXPECT_EQ(detail_of(evidence, 3, 1),
            "The outputs of attempt 5 of box/00000/gpu1 are not those that 2 of 3 items put out in "
            "round 5 from the same operands: box/00000/gpu1 is the odd one.");
  evidence.attempts[24].outputs[1] = 2;
  EXPECT_EQ(detail_of(evidence, 3, 1),
            "The outputs of attempt 5 of box/00000/gpu1 are not those of more than half of the 3 "
            "items of round 5, whose operands were the same, and nor are any others: nothing says "
            "which are right.");
}

TEST(JudgeOutputs, NamesBothOfTwoThatDiffer) {
  Evidence evidence = three_in_agreement();
  evidence.attempts.resize(20);
  evidence.attempts[14].outputs[1] = 1;
  const std::string both =
      "The outputs of attempt 5 of box/00000/gpu0 and of attempt 5 of box/00000/gpu1 in round 5 "
      "are not the same, though their operands were: one is wrong, and with two nothing says "
      "which.";
  EXPECT_EQ(detail_of(evidence, 2, 0), both);
  EXPECT_EQ(detail_of(evidence, 2, 1), both);
}

TEST(JudgeOutputs, LetsNoReplacedDeviceAndNoExcusedAttemptVoteOnOutputs) {
  const std::string met = "ACCEPT limit_met";
  const std::string differs = "INVALID outputs_differ";
  using All = std::vector<std::string>;
  Contract contract = contract_of({rate_clause()}, 1, 3);
  contract.max_invalid = 1;
  contract.remedy = Remedy{quantity("34 %"), 1};
  Evidence evidence = three_in_agreement();
  const auto all = [&] {
    All shown_all;
    const Judgement judgement = judged(contract, evidence);
    for (const Verdict& verdict : judgement.clauses[0].verdicts) {
      shown_all.push_back(shown(verdict));
    }
    return shown_all;
  };
  // Three attempts in round 5 that put out three things: nobody knows who is right.
  evidence.attempts[4].outputs[1] = 1;
  evidence.attempts[14].outputs[1] = 2;
  EXPECT_EQ(all(), (All{differs, differs, differs}));
  evidence.attempts[4].excused = evidence.attempts[14].excused = true;
  EXPECT_EQ(all().at(2), met) << "the excused two don't count, so they don't vote";
  // Two devices that put out the wrong thing in rounds 1 to 10 are replaced.
  evidence = three_in_agreement();
  for (std::size_t i = 0; i < 20; ++i) {
    evidence.attempts[i].outputs[1] = 7;
    evidence.attempts[i].serial = i < 10 ? "a" : "b";
  }
  EXPECT_EQ(all().at(2), differs);
  evidence.replacements = {{1, 10, "a", "c"}, {2, 10, "b", "d"}};
  EXPECT_EQ(all().at(2), met) << "healthy, and outvoted by two devices that are gone";
}

}  // namespace
}  // namespace assay
