// Replaced devices: what counts afterwards, how many may be, and which may not come back.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/model/campaign_maker.h"

namespace assay {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the helpers of these tests

/// Four GPUs on two nodes (items 1, 2 and 4, 5; nodes 0 and 3; system 6), 25 % of which, one, may
/// be replaced. Item 1 is replaced after ten runs that missed.
class Remedied : public ::testing::Test {
 protected:
  Remedied() {
    contract_ = contract_of({rate_clause()}, 2, 2);
    contract_.remedy = Remedy{quantity("25 %"), 1};
    add(runs(signs(0, 10), 1), "bad");
    std::vector<Attempt> fresh = runs(signs(10, 0), 1);
    for (Attempt& attempt : fresh) {
      attempt = later(attempt, 100, 10);
    }
    add(fresh, "new");
    add(runs(signs(10, 0), 2), "two");
    std::vector<Attempt> beside = runs(signs(10, 0), 2);  // loads the node with the new one
    for (Attempt& attempt : beside) {
      attempt = later(attempt, 100, 10);
    }
    add(beside, "two");
    add(runs(signs(10, 0), 4), "four");
    add(runs(signs(10, 0), 5), "five");
    evidence_ = evidence_of(attempts_);
    evidence_.replacements = {{1, 100, "bad", "new"}};
  }

  void add(std::vector<Attempt> attempts, const std::string& serial) {
    for (Attempt& attempt : attempts) {
      attempt.serial = serial;
      attempts_.push_back(attempt);
    }
  }
  [[nodiscard]] Judgement judgement() const { return judged(contract_, evidence_); }
  [[nodiscard]] Verdict verdict(std::size_t place = 0) const {
    return judgement().clauses[0].verdicts[place];
  }
  Attempt& of(ItemIndex item, std::uint32_t round) {
    for (Attempt& attempt : evidence_.attempts) {
      if (attempt.item == item && attempt.round == round) {
        return attempt;
      }
    }
    throw std::out_of_range("no such run");
  }
  [[nodiscard]] std::vector<std::string> defects() const {
    std::vector<std::string> names;
    for (const Defect& defect : judgement().defects) {
      names.push_back(defect.name);
    }
    return names;
  }

  Contract contract_;
  Evidence evidence_;
  std::vector<Attempt> attempts_;
};

using Names = std::vector<std::string>;

TEST_F(Remedied, IsJudgedByItsLatestDevice) {
  EXPECT_EQ(shown(verdict()), "ACCEPT limit_met");
  EXPECT_EQ(verdict().generation, 1U);
  EXPECT_EQ(verdict().attempts, 10U);
  EXPECT_EQ(judgement().clauses[0].replaced, 1U);
  EXPECT_EQ(judgement().decision, Decision::accepted);
}

TEST_F(Remedied, MayNotBeReplacedInSilence) {
  evidence_.replacements.clear();
  EXPECT_EQ(judgement().decision, Decision::not_accepted);
  EXPECT_EQ(defects(), Names{"device_changed"});
}

TEST_F(Remedied, IsRejectedIfTheNewDeviceMissesToo) {
  for (std::uint32_t round = 11; round <= 19; ++round) {
    of(1, round).work = 0;
  }
  EXPECT_EQ(judgement().decision, Decision::rejected);
}

TEST_F(Remedied, AllowsNoReplacementWithoutARemedy) {
  contract_.remedy.reset();
  EXPECT_EQ(judgement().decision, Decision::not_accepted);
  EXPECT_EQ(defects(), (Names{"replacements", "replacements"}));
}

TEST_F(Remedied, AllowsNoMoreThanTheShareRoundedDown) {
  contract_.remedy->replacements = quantity("24 %");
  EXPECT_EQ(judgement().decision, Decision::not_accepted);
  EXPECT_EQ(defects(), Names{"replacements"});
  EXPECT_EQ(shown(verdict()), "ACCEPT limit_met");
}

TEST_F(Remedied, AllowsNoMorePerSlotThanAgreed) {
  for (std::uint32_t round = 1; round <= 5; ++round) {
    of(1, round).serial = "worse";
  }
  evidence_.replacements = {{1, 5, "worse", "bad"}, {1, 100, "bad", "new"}};
  EXPECT_EQ(defects(), Names{"replacements"});
  EXPECT_EQ(verdict().generation, 2U);
  contract_.remedy->per_slot = 2;
  EXPECT_EQ(judgement().decision, Decision::accepted);
}

TEST_F(Remedied, NamesAReplacementOfNothing) {
  evidence_.replacements.push_back({99, 1, "a", "b"});
  EXPECT_EQ(defects(), Names{"replacements"});
  evidence_.replacements.back() = {6, 1, "a", "b"};
  EXPECT_EQ(defects(), Names{"replacements"});
  evidence_.replacements.pop_back();
  evidence_.replacements[0].old_serial.clear();
  EXPECT_EQ(defects(), (Names{"replacements", "device_changed"}));
}

TEST_F(Remedied, BansAReplacedDeviceEverywhereLater) {
  evidence_.replacements[0].new_serial = "bad";
  for (std::uint32_t round = 11; round <= 20; ++round) {
    of(1, round).serial = "bad";
  }
  EXPECT_EQ(shown(verdict()), "INVALID banned_serial");

  evidence_ = evidence_of(attempts_);
  evidence_.replacements = {{1, 100, "bad", "new"}};
  of(4, 7).serial = "bad";
  EXPECT_EQ(shown(verdict(2)), "INVALID banned_serial") << "one device can't stand in two slots";
  of(4, 7).serial = "four";
  EXPECT_EQ(shown(verdict(2)), "ACCEPT limit_met");
  for (std::uint32_t round = 1; round <= 10; ++round) {
    of(2, round).serial = "bad";  // beside it in its node, while it was still there
  }
  EXPECT_EQ(shown(verdict(1)), "INVALID banned_serial");
}

TEST_F(Remedied, BansTheDeviceThatWasSeenWhateverTheReplacementNames) {
  evidence_.replacements[0].old_serial = "another";
  evidence_.replacements[0].new_serial = "bad";
  for (std::uint32_t round = 11; round <= 20; ++round) {
    of(1, round).serial = "bad";
  }
  EXPECT_EQ(shown(verdict()), "INVALID banned_serial");
}

TEST_F(Remedied, FindsAnotherDeviceThanTheReplacementNames) {
  evidence_.replacements[0].new_serial = "a third";
  EXPECT_EQ(shown(verdict()), "INVALID device_changed");
}

TEST_F(Remedied, WantsTheNewSerialNumberFromEveryRunOfAReplacedDevice) {
  of(1, 14).serial.clear();
  EXPECT_EQ(shown(verdict()), "INVALID device_changed");
}

TEST_F(Remedied, WantsTheOldSerialNumberFromEveryRunBefore) {
  of(1, 3).serial.clear();
  EXPECT_EQ(shown(verdict()), "INVALID device_changed");
  of(1, 3).serial = "another";
  EXPECT_EQ(shown(verdict()), "INVALID device_changed");
}

TEST_F(Remedied, WantsNoSerialNumberFromADeviceThatNeverAnswered) {
  Attempt& crashed = of(1, 14);
  crashed.ending = Ending::crashed;
  crashed.work = crashed.elapsed_ns = 0;
  crashed.checked = 0;
  crashed.serial.clear();
  EXPECT_EQ(shown(verdict()), "ACCEPT limit_met");
  of(1, 14).serial = "bad";
  EXPECT_EQ(shown(verdict()), "INVALID banned_serial");
}

TEST_F(Remedied, FindsASlotThatFallsSilent) {
  of(2, 4).serial.clear();
  EXPECT_EQ(shown(verdict(1)), "INVALID device_changed");
}

/// Two nodes without GPUs, of which node 0 is replaced after ten runs that missed.
class RemediedNode : public Remedied {
 protected:
  RemediedNode() {
    contract_ = contract_of({rate_clause("C-1", Scope::each_node)}, 2, 0);
    contract_.remedy = Remedy{quantity("50 %"), 1};
    attempts_.clear();
    add(runs(signs(0, 10), 0), "bad");
    std::vector<Attempt> fresh = runs(signs(10, 0), 0);
    for (Attempt& attempt : fresh) {
      attempt.number += 10;
      attempt.round += 10;
    }
    add(fresh, "new");
    add(runs(signs(10, 0), 1), "one");
    evidence_ = evidence_of(attempts_);
    evidence_.replacements = {{0, 10, "bad", "new"}};
  }
};

TEST_F(RemediedNode, IsJudgedByItsLatestMachine) {
  EXPECT_EQ(judgement().decision, Decision::accepted);
}

TEST_F(RemediedNode, WantsTheNewSerialNumber) {
  of(0, 14).serial = "a third";
  EXPECT_EQ(shown(verdict()), "INVALID device_changed");
  for (std::uint32_t round = 11; round <= 20; ++round) {
    of(0, round).serial.clear();
  }
  EXPECT_EQ(shown(verdict()), "INVALID device_changed");
}

TEST_F(RemediedNode, FindsAMachineThatChangesInSilence) {
  of(1, 4).serial = "another";
  EXPECT_EQ(shown(verdict(1)), "INVALID device_changed");
}

TEST_F(RemediedNode, FindsASerialNumberThatGoesMissingOrAppears) {
  for (const bool later : {false, true}) {
    for (std::uint32_t round = 1; round <= 10; ++round) {
      of(1, round).serial = (round > 5) == later ? "one" : "";
    }
    EXPECT_EQ(shown(verdict(1)), "INVALID device_changed");
  }
  for (std::uint32_t round = 1; round <= 10; ++round) {
    of(1, round).serial.clear();
  }
  EXPECT_EQ(shown(verdict(1)), "ACCEPT limit_met") << "none was ever stated";
}

TEST_F(RemediedNode, FindsOneMachineInTwoPlaces) {
  for (std::uint32_t round = 1; round <= 10; ++round) {
    of(1, round).serial = "new";
  }
  EXPECT_EQ(shown(verdict(0)), "INVALID device_changed");
  EXPECT_EQ(shown(verdict(1)), "INVALID device_changed");
}

TEST_F(RemediedNode, BansTheOldMachineInAnotherPlace) {
  for (std::uint32_t round = 1; round <= 10; ++round) {
    of(1, round).serial = "bad";
  }
  EXPECT_EQ(shown(verdict(1)), "INVALID banned_serial");
}

TEST_F(Remedied, FindsOneDeviceInTwoSlots) {
  for (std::uint32_t round = 1; round <= 10; ++round) {
    of(4, round).serial = "five";
  }
  EXPECT_EQ(shown(verdict(2)), "INVALID device_changed");
  EXPECT_EQ(shown(verdict(3)), "INVALID device_changed");
  EXPECT_EQ(shown(verdict(1)), "ACCEPT limit_met");
}

TEST_F(Remedied, RenewsTheNodeAroundAReplacedGpu) {
  contract_.clauses.push_back(rate_clause("C-2", Scope::each_node));
  for (const ItemIndex node : {0U, 3U}) {
    for (const Attempt& attempt : runs(signs(10, 0), node, "C-2")) {
      evidence_.attempts.push_back(attempt);
    }
  }
  EXPECT_EQ(shown(judgement().clauses[1].verdicts[0]), "NOT_RUN no_evidence");
  EXPECT_EQ(shown(judgement().clauses[1].verdicts[1]), "ACCEPT limit_met");
}

TEST_F(Remedied, RenewsTheGpusInAReplacedNode) {
  evidence_.replacements.push_back({3, 5, "chassis", "other chassis"});
  EXPECT_EQ(shown(verdict(2)), "INCONCLUSIVE too_few_runs");
  EXPECT_EQ(verdict(2).generation, 1U);
  EXPECT_EQ(verdict(2).attempts, 5U);
  EXPECT_EQ(shown(verdict(1)), "ACCEPT limit_met");
}

TEST_F(Remedied, RenewsTheSystemAroundAReplacedGpu) {
  Clause system = rate_clause("C-2", Scope::system);
  system.aggregate = Aggregate::minimum;
  contract_.clauses.push_back(system);
  const auto add_rounds = [&](std::uint32_t first, std::uint32_t shift) {
    for (const ItemIndex item : {1U, 2U, 4U, 5U}) {
      for (Attempt attempt : runs(signs(10, 0), item, "C-2")) {
        attempt.round += first - 1;
        attempt.number += first - 1 + (item == 1 ? shift : 200);
        attempt.serial = of(item, item == 1 && attempt.number > 100 ? 11 : 1).serial;
        evidence_.attempts.push_back(attempt);
      }
    }
  };
  add_rounds(1, 20);
  EXPECT_EQ(shown(judgement().clauses[1].verdicts[0]), "NOT_RUN no_evidence");
  add_rounds(11, 100);
  EXPECT_EQ(shown(judgement().clauses[1].verdicts[0]), "ACCEPT limit_met");
  EXPECT_EQ(judgement().clauses[1].verdicts[0].attempts, 10U);
}

/// One node (0) with two GPUs (1, 2) and a cable (3); 4 is the system. Before the exchange the node
/// and the system missed ten times; afterwards all is well.
class ExchangedInside : public ::testing::Test {
 protected:
  ExchangedInside() {
    Clause system = rate_clause("C-4", Scope::system);
    system.aggregate = Aggregate::minimum;
    contract_ = contract_of({rate_clause("C-1"), rate_clause("C-2", Scope::each_node),
                             rate_clause("C-3", Scope::each_link), system},
                            1, 2);
    contract_.inventory[0].links = 1;
    contract_.remedy = Remedy{quantity("100 %"), 1};
  }

  /// `item` is exchanged after the first ten rounds, in which it had these runs.
  void exchange(ItemIndex item, const std::string& its_runs) {
    evidence_ = evidence_of({});
    const std::string clause = item == 3 ? "C-3" : "C-1";
    for (const bool after : {false, true}) {
      for (const ItemIndex gpu : {1U, 2U}) {
        add(gpu, "C-1", gpu == item && !after ? its_runs : signs(10, 0), after);
        add(gpu, "C-4", after || gpu != 2 ? signs(10, 0) : signs(0, 10), after);
      }
      add(3, "C-3", item == 3 && !after ? its_runs : signs(10, 0), after && item == 3);
      add(0, "C-2", after ? signs(10, 0) : signs(0, 10), after);
    }
    drop_repeats();
    for (Attempt& attempt : evidence_.attempts) {
      if (attempt.item == item && attempt.number <= 100) {
        attempt.serial = "old";
      }
    }
    evidence_.replacements = {{item, 100, "old", std::to_string(item)}};
  }
  void add(ItemIndex item, const std::string& clause, const std::string& signs, bool after) {
    for (Attempt attempt : runs(signs, item, clause)) {
      attempt = after ? later(attempt, 100, 10) : attempt;
      attempt.serial = item == 0 ? "" : std::to_string(item);
      evidence_.attempts.push_back(attempt);
    }
  }
  /// Parts that were not exchanged have their own clause's runs once.
  void drop_repeats() {
    std::vector<Attempt> once;
    for (const Attempt& attempt : evidence_.attempts) {
      const bool known = std::any_of(once.begin(), once.end(), [&](const Attempt& other) {
        return other.clause == attempt.clause && other.item == attempt.item &&
               other.number == attempt.number;
      });
      if (!known) {
        once.push_back(attempt);
      }
    }
    evidence_.attempts = std::move(once);
  }
  Attempt& of(const std::string& clause, ItemIndex item, std::uint32_t round) {
    for (Attempt& attempt : evidence_.attempts) {
      if (attempt.clause == clause && attempt.item == item && attempt.round == round) {
        return attempt;
      }
    }
    throw std::out_of_range("no such run");
  }
  [[nodiscard]] Judgement judgement() const { return judged(contract_, evidence_); }
  [[nodiscard]] std::string node() const { return shown(judgement().clauses[1].verdicts[0]); }
  [[nodiscard]] std::string system() const { return shown(judgement().clauses[3].verdicts[0]); }

  Contract contract_;
  Evidence evidence_;
};

TEST_F(ExchangedInside, APartThatWasFoundWantingGivesWhatContainsItAnotherTry) {
  for (const auto& [item, its_runs] : {std::pair<ItemIndex, std::string>{1, signs(0, 10)},
                                       {3, signs(0, 10)},
                                       {3, signs(9, 1).substr(0, 5)}}) {
    exchange(item, its_runs);
    const Judgement judgement = this->judgement();
    EXPECT_EQ(judgement.decision, Decision::accepted)
        << (judgement.defects.empty() ? "" : judgement.defects[0].sentence);
    for (const std::size_t clause : {1U, 3U}) {
      EXPECT_EQ(judgement.clauses[clause].replaced, 1U) << "the new try is counted";
      EXPECT_EQ(judgement.clauses[clause].verdicts[0].generation, 1U);
    }
  }
}

TEST_F(ExchangedInside, AHealthyPartBuysNoOtherTry) {
  for (const std::string& its_runs : {signs(10, 0), signs(3, 0)}) {
    exchange(3, its_runs);
    EXPECT_EQ(node(), "REJECT below_limit");
    EXPECT_EQ(system(), "REJECT below_limit");
    EXPECT_EQ(judgement().decision, Decision::rejected);
  }
  exchange(3, signs(10, 0));
  for (std::uint32_t round = 1; round <= 10; ++round) {
    of("C-2", 0, round).work = of("C-2", 0, round + 10).work;
    of("C-4", 2, round).work = of("C-4", 1, round).work;
  }
  EXPECT_EQ(judgement().decision, Decision::accepted) << "nothing stood against it before";
  std::erase_if(evidence_.attempts, [](const Attempt& attempt) {
    return attempt.clause == "C-2" && attempt.number > 100;
  });
  EXPECT_EQ(node(), "NOT_RUN no_evidence") << "but it must pass again";
}

TEST_F(ExchangedInside, AHealthyPartOfTheSystemTakesNoRoundOfItAway) {
  exchange(1, signs(10, 0));
  EXPECT_EQ(system(), "REJECT below_limit") << "the rounds before the exchange missed";
  for (std::uint32_t round = 1; round <= 10; ++round) {
    of("C-4", 2, round).work = of("C-4", 1, round).work;
  }
  EXPECT_EQ(system(), "ACCEPT limit_met") << "and now both before and after are met";
}

TEST_F(ExchangedInside, LeavesNoOpenCountBehindAHealthyPart) {
  exchange(3, signs(10, 0));
  for (const std::uint32_t round : {1U, 2U, 3U, 4U, 5U, 6U}) {
    of("C-2", 0, round) = run_at(101, round, 0, "C-2");
  }
  std::erase_if(evidence_.attempts, [](const Attempt& attempt) {
    return attempt.clause == "C-2" && attempt.number > 110;
  });
  EXPECT_EQ(node(), "ACCEPT limit_met") << "4 of 20";
  of("C-2", 0, 6) = run_at(99, 6, 0, "C-2");
  of("C-2", 0, 5) = run_at(99, 5, 0, "C-2");
  EXPECT_EQ(node(), "INCONCLUSIVE too_few_runs") << "6 of 20, whatever the last ten say";
}

TEST_F(ExchangedInside, APartThatWasNeverMeasuredIsADefect) {
  exchange(3, "");
  const Judgement judgement = this->judgement();
  ASSERT_FALSE(judgement.defects.empty());
  EXPECT_EQ(judgement.defects[0].name, "replacements");
  EXPECT_EQ(judgement.defects[0].item, "box/00000/link0");
  EXPECT_EQ(node(), "REJECT below_limit");
}

TEST_F(ExchangedInside, NoPartTakesAWrongResultOfTheNodeWithIt) {
  exchange(1, signs(0, 10));
  of("C-2", 0, 3).wrong = 1;
  EXPECT_EQ(node(), "REJECT wrong_result");
  of("C-2", 0, 3) = ended(Ending::device_lost, 3, 0, "C-2");
  EXPECT_EQ(node(), "REJECT device_lost");
  of("C-2", 0, 3) = run_at(80, 3, 0, "C-2");
  contract_.clauses[1].every_run = quantity("90 GFLOP/s");
  EXPECT_EQ(node(), "REJECT run_below_floor");
  of("C-2", 0, 3) = run_at(99, 3, 0, "C-2");
  EXPECT_EQ(node(), "ACCEPT limit_met");
  of("C-2", 0, 3).wrong = 1;
  of("C-2", 0, 3).excused = true;
  EXPECT_EQ(node(), "ACCEPT limit_met");
  of("C-2", 0, 3).excused = false;
  for (std::uint32_t round = 1; round <= 20; ++round) {
    of("C-2", 0, round).serial = round <= 10 ? "chassis" : "other chassis";
  }
  EXPECT_EQ(node(), "REJECT wrong_result");
  evidence_.replacements.push_back({0, 100, "chassis", "other chassis"});
  EXPECT_EQ(node(), "ACCEPT limit_met") << "the node itself is another";
}

TEST_F(ExchangedInside, NoPartTakesAWrongResultOfTheSystemWithIt) {
  exchange(1, signs(0, 10));
  EXPECT_EQ(system(), "ACCEPT limit_met");
  of("C-4", 2, 3).wrong = 1;
  EXPECT_EQ(system(), "REJECT wrong_result");
  of("C-4", 2, 3).wrong = 0;
  of("C-4", 1, 3).wrong = 1;
  EXPECT_EQ(system(), "ACCEPT limit_met") << "that one was exchanged";
  exchange(3, signs(0, 10));
  contract_.clauses[3].every_run = quantity("90 GFLOP/s");
  EXPECT_EQ(system(), "ACCEPT limit_met");
  of("C-4", 2, 3) = run_at(80, 3, 2, "C-4");
  of("C-4", 2, 3).serial = "2";
  EXPECT_EQ(system(), "REJECT run_below_floor");
}

TEST_F(Remedied, WantsFreshRounds) {
  of(1, 11).round = 10;
  EXPECT_EQ(shown(verdict()), "INVALID duplicate_evidence");
}

}  // namespace
}  // namespace assay
