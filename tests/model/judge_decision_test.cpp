// From verdicts to the decision, and the names of what stands against it.
#include <set>

#include <gtest/gtest.h>

#include "tests/model/campaign_maker.h"

namespace assay {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the helpers of these tests

class Decided : public ::testing::Test {
 protected:
  Decided() : contract_(contract_of({rate_clause()})), evidence_(evidence_of(runs("++++++++++"))) {}

  [[nodiscard]] Judgement judgement() const { return judged(contract_, evidence_); }
  [[nodiscard]] std::vector<std::string> defects() const {
    std::vector<std::string> names;
    for (const Defect& defect : judgement().defects) {
      EXPECT_FALSE(defect.sentence.empty());
      EXPECT_EQ(defect.sentence.back(), '.') << defect.sentence;
      names.push_back(defect.name);
    }
    return names;
  }

  Contract contract_;
  Evidence evidence_;
};

using Names = std::vector<std::string>;

TEST_F(Decided, AcceptsTheHealthyTwin) {
  EXPECT_EQ(judgement().decision, Decision::accepted);
  EXPECT_EQ(defects(), Names{});
  const ClauseResult result = judgement().clauses.at(0);
  EXPECT_EQ(result.expected, 1U);
  EXPECT_EQ(result.reported, 1U);
  EXPECT_EQ(result.accepted, 1U);
}

TEST_F(Decided, SaysLimitsMetForEveryOtherPurpose) {
  for (const Purpose purpose :
       {Purpose::prevalidation, Purpose::regression, Purpose::demonstration}) {
    contract_.purpose = purpose;
    evidence_ = evidence_of(runs("++++++++++"));
    evidence_.marks = {"emulated"};
    EXPECT_EQ(judgement().decision, Decision::limits_met);
    EXPECT_EQ(defects(), Names{});
    evidence_ = evidence_of(runs("----------"));
    EXPECT_EQ(judgement().decision, Decision::limits_missed);
    EXPECT_EQ(defects(), Names{"below_limit"});
    evidence_ = evidence_of({});
    EXPECT_EQ(judgement().decision, Decision::not_accepted);
    EXPECT_EQ(defects(), Names{"no_evidence"});
  }
}

TEST_F(Decided, RejectsAMandatoryReject) {
  evidence_ = evidence_of(runs("----------"));
  EXPECT_EQ(judgement().decision, Decision::rejected);
  const Defect defect = judgement().defects.at(0);
  EXPECT_EQ(defect.clause, "C-1");
  EXPECT_EQ(defect.item, "box/00000/gpu0");
  EXPECT_EQ(defect.name, "below_limit");
}

TEST_F(Decided, DoesNotAcceptWithoutSelftestOrChain) {
  evidence_.selftest_passed = false;
  EXPECT_EQ(judgement().decision, Decision::not_accepted);
  EXPECT_EQ(defects(), Names{"selftest"});
  evidence_.selftest_passed = true;
  evidence_.chain_whole = false;
  EXPECT_EQ(judgement().decision, Decision::not_accepted);
  EXPECT_EQ(defects(), Names{"chain"});
}

TEST_F(Decided, AcceptsNothingThatIsMarked) {
  for (const char* mark : {"emulated", "simulated", "replayed", "reduced"}) {
    evidence_.marks = {mark};
    EXPECT_EQ(judgement().decision, Decision::not_accepted);
    EXPECT_EQ(defects(), Names{"mark"});
  }
}

TEST_F(Decided, IgnoresAdvisoryAndProvisionalClauses) {
  contract_.clauses.push_back(rate_clause("C-2"));
  EXPECT_EQ(judgement().decision, Decision::not_accepted);
  EXPECT_EQ(defects(), Names{"no_evidence"});
  contract_.clauses[1].weight = Weight::advisory;
  EXPECT_EQ(judgement().decision, Decision::accepted);
  EXPECT_EQ(judgement().clauses.at(1).not_run, 1U);
  contract_.clauses[1].weight = Weight::mandatory;
  contract_.clauses[1].provisional = true;
  EXPECT_EQ(judgement().decision, Decision::accepted);
}

TEST_F(Decided, NeedsAMandatoryClauseForEveryLine) {
  contract_.clauses[0].provisional = true;
  EXPECT_EQ(judgement().decision, Decision::not_accepted);
  EXPECT_EQ(defects(), Names{"coverage"});
  contract_.clauses[0].provisional = false;
  InventoryLine storage;
  storage.id = "storage";
  storage.nodes = 1;
  contract_.inventory.push_back(storage);
  EXPECT_EQ(defects(), Names{"coverage"});
  contract_.inventory.clear();
  EXPECT_NE(judgement().decision, Decision::accepted);
}

TEST_F(Decided, AcceptsNoClauseThatBindsNothing) {
  Clause links = rate_clause("C-2", Scope::each_link);
  contract_.clauses.push_back(links);
  EXPECT_EQ(judgement().decision, Decision::not_accepted);
  EXPECT_EQ(defects(), Names{"coverage"});
}

TEST_F(Decided, NeedsAMandatoryClauseForGpusAndOneForLinks) {
  contract_.inventory[0].links = 1;
  EXPECT_EQ(judgement().decision, Decision::not_accepted);
  EXPECT_EQ(defects(), Names{"coverage"});
  contract_.clauses.push_back(rate_clause("C-2", Scope::each_link));
  for (const Attempt& attempt : runs(signs(10, 0), 2, "C-2")) {
    evidence_.attempts.push_back(attempt);
  }
  EXPECT_EQ(judgement().decision, Decision::accepted);
  contract_.clauses[0].weight = Weight::advisory;
  EXPECT_EQ(defects(), Names{"coverage"}) << "now the GPUs are unmeasured";
}

TEST_F(Decided, AcceptsNoEmptyRoster) {
  const Judgement empty = judge(contract_, {}, evidence_);
  EXPECT_EQ(empty.decision, Decision::not_accepted);
  EXPECT_FALSE(empty.defects.empty());
  EXPECT_EQ(judge({}, {}, {}).decision, Decision::not_accepted);
}

TEST_F(Decided, NamesEvidenceThatTheContractDoesNotBind) {
  const std::vector<Attempt> strays{run_at(101, 11, 1, "C-9"), run_at(101, 11, 0),
                                    run_at(101, 11, 4'000'000'000)};
  for (const Attempt& stray : strays) {
    evidence_ = evidence_of(runs("++++++++++"));
    evidence_.attempts.push_back(stray);
    EXPECT_EQ(judgement().decision, Decision::not_accepted);
    EXPECT_EQ(defects(), Names{"stray_evidence"});
  }
}

TEST_F(Decided, CountsEveryItemOfTheFrozenInventory) {
  contract_ = contract_of({rate_clause()}, 6, 1);
  Judgement judgement = this->judgement();
  EXPECT_EQ(judgement.decision, Decision::not_accepted);
  const ClauseResult& result = judgement.clauses[0];
  EXPECT_EQ(result.expected, 6U);
  EXPECT_EQ(result.reported, 1U);
  EXPECT_EQ(result.accepted, 1U);
  EXPECT_EQ(result.not_run, 5U);
  EXPECT_EQ(judgement.defects.size(), 5U);
}

TEST_F(Decided, CarriesTheDefectClassOfTheClause) {
  contract_.clauses[0].defect_class = 3;
  evidence_ = evidence_of({});
  EXPECT_EQ(judgement().defects.at(0).defect_class, 3U);
}

TEST(JudgeNames, AreDistinct) {
  std::set<std::string_view> reasons;
  for (int i = 0; i <= static_cast<int>(Reason::part_missing); ++i) {
    reasons.insert(name_of(static_cast<Reason>(i)));
  }
  EXPECT_EQ(reasons.size(), static_cast<std::size_t>(Reason::part_missing) + 1);
  EXPECT_FALSE(reasons.contains("unknown"));
  std::set<std::string_view> outcomes;
  for (int i = 0; i <= static_cast<int>(Outcome::not_run); ++i) {
    outcomes.insert(name_of(static_cast<Outcome>(i)));
  }
  EXPECT_EQ(outcomes.size(), 5U);
  std::set<std::string_view> decisions;
  for (int i = 0; i <= static_cast<int>(Decision::limits_missed); ++i) {
    decisions.insert(name_of(static_cast<Decision>(i)));
  }
  EXPECT_EQ(decisions.size(), 5U);
}

}  // namespace
}  // namespace assay
