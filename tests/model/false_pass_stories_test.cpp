// False passes of the field's tools that evidence made by hand shows best: each ends not accepted
// for its named reason; its healthy twin is accepted.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "harness/model/judge.h"
#include "tests/model/campaign_maker.h"

namespace assay {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): gtest's and the maker's words

bool has_defect(const Judgement& judgement, const std::string& name) {
  return std::any_of(judgement.defects.begin(), judgement.defects.end(),
                     [&name](const Defect& defect) { return defect.name == name; });
}

std::vector<Attempt> both(std::vector<Attempt> first, const std::vector<Attempt>& second) {
  first.insert(first.end(), second.begin(), second.end());
  for (std::size_t i = 0; i < first.size(); ++i) {
    first[i].number = i + 1;
  }
  return first;
}

// NVIDIA/ai-cloud-validation 655, 657, 658: the children were skipped, so the parent passes.
TEST(FalsePass, TheParentOfSkippedChildrenPasses) {
  Clause system = rate_clause("C-2", Scope::system);
  system.aggregate = Aggregate::sum;
  system.limit = quantity("200 GFLOP/s");
  system.plausible = quantity("600 GFLOP/s");
  const Contract contract = contract_of({rate_clause(), system}, 1, 2);
  const std::vector<Item> roster = roster_of(contract);
  const ItemIndex first = item_named(roster, "box/00000/gpu0");
  const ItemIndex second = item_named(roster, "box/00000/gpu1");
  const auto measured = [](ItemIndex item, const std::string& clause) {
    return runs("++++++++++", item, clause);
  };
  const Judgement skipped =
      judged(contract, evidence_of(both(measured(first, "C-1"), measured(first, "C-2"))));
  EXPECT_EQ(skipped.decision, Decision::not_accepted);
  EXPECT_TRUE(has_defect(skipped, "no_evidence"));
  EXPECT_NE(skipped.clauses.at(1).verdicts.at(0).outcome, Outcome::accept);
  const Judgement twin =
      judged(contract, evidence_of(both(both(measured(first, "C-1"), measured(second, "C-1")),
                                        both(measured(first, "C-2"), measured(second, "C-2")))));
  EXPECT_EQ(twin.decision, Decision::accepted)
      << (twin.defects.empty() ? "" : twin.defects[0].sentence);
}

// mlcommons/storage 866: a rule stood in the book and slept in the checker for whole rounds.
TEST(FalsePass, ARuleSleepsInTheChecker) {
  Clause clause = rate_clause();
  clause.every_run = quantity("95 GFLOP/s");
  std::vector<Attempt> attempts = runs("++++++++++");
  const Contract contract = contract_of({clause});
  EXPECT_EQ(judged(contract, evidence_of(attempts)).decision, Decision::accepted);
  attempts[6] = run_at(94, 7);  // one below is allowed by the count, not by the floor
  const Judgement judgement = judged(contract, evidence_of(attempts));
  EXPECT_EQ(judgement.decision, Decision::rejected);
  EXPECT_TRUE(has_defect(judgement, "run_below_floor"));
}

// NVIDIA/aicr 2640: GB300 machines were judged by the numbers of GB200.
TEST(FalsePass, OneMachineIsJudgedByTheNumbersOfAnother) {
  Contract contract = contract_of({rate_clause()});
  InventoryLine other = contract.inventory[0];
  other.id = other.kind = "other";
  contract.inventory.push_back(other);
  const ItemIndex boxed = item_named(roster_of(contract), "box/00000/gpu0");
  const Judgement judgement = judged(contract, evidence_of(runs("++++++++++", boxed)));
  EXPECT_EQ(judgement.decision, Decision::not_accepted) << "no clause binds the other line";
  EXPECT_TRUE(has_defect(judgement, "coverage"));
  Clause own = rate_clause("C-2");
  own.population = {"other"};
  contract.clauses.push_back(own);
  const ItemIndex othered = item_named(roster_of(contract), "other/00001/gpu0");
  const Judgement twin = judged(
      contract, evidence_of(both(runs("++++++++++", boxed), runs("++++++++++", othered, "C-2"))));
  EXPECT_EQ(twin.decision, Decision::accepted)
      << (twin.defects.empty() ? "" : twin.defects[0].sentence);
}

// microsoft/superbenchmark 766: what did not run returns -1, and -1 is a value.
TEST(FalsePass, MinusOneIsAValue) {
  EXPECT_FALSE(parse_quantity("-1 GB/s"));
  EXPECT_TRUE(parse_quantity("1 GB/s"));
  std::vector<Attempt> attempts = runs("++++++++++");
  for (Attempt& attempt : attempts) {
    attempt = ended(Ending::unsupported, static_cast<std::uint32_t>(attempt.number));
  }
  const Verdict verdict = verdict_on(rate_clause(), attempts);
  EXPECT_EQ(verdict.outcome, Outcome::not_run);
  EXPECT_EQ(verdict_on(rate_clause(), runs("++++++++++")).outcome, Outcome::accept);
}

}  // namespace
}  // namespace assay
