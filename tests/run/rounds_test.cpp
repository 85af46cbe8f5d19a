#include "harness/run/rounds.h"

#include <gtest/gtest.h>

#include "tests/doubles/scripted_backend.h"

namespace assay {
namespace {

/// Two nodes' GPUs; this is node 0 with two of them.
Contract contract_with(Concurrency concurrent) {
  Contract contract;
  contract.id = "rounds";
  contract.inventory = {
      {.id = "box", .kind = "box", .nodes = 2, .gpus = Gpus{.model = "scripted", .count = 2}}};
  contract.days = 2;
  Clause clause;
  clause.id = "C-1";
  clause.case_id = "test.device";
  clause.population = {"box"};
  clause.scope = Scope::each_gpu;
  clause.concurrent = concurrent;
  clause.window = *parse_quantity("1 s");
  clause.limit = *parse_quantity("1 GB/s");
  clause.plausible = *parse_quantity("3 GB/s");
  contract.clauses = {std::move(clause)};
  return contract;
}

class RoundsOf : public testing::Test {
 protected:
  void make(Concurrency concurrent) {
    contract = contract_with(concurrent);
    plan = *make_plan(contract, scripted_cases());
    rounds = std::make_unique<Rounds>(contract, plan, 0);
    for (ItemIndex item = 0; item < rounds->roster().size(); ++item) {
      const Item& its = rounds->roster()[item];
      if (its.kind == Scope::each_gpu && its.node == 0) {
        gpus.push_back(item);
      }
    }
  }

  void attempt(ItemIndex item, std::uint32_t round, Ending ending, std::int64_t day = 0) {
    const bool measured = ending == Ending::measured;
    rounds->take(Attempt{.number = ++attempts,
                         .clause = "C-1",
                         .item = item,
                         .round = round,
                         .day = day,
                         .ending = ending,
                         .dimension = Dimension::byte_rate,
                         .work = measured ? Natural{2'000'000'000} : Natural{0},
                         .elapsed_ns = measured ? Natural{1'000'000'000} : Natural{0},
                         .checked = measured ? 1U : 0U,
                         .serial = serial});
  }

  std::vector<std::vector<ItemIndex>> groups(std::uint32_t round) {
    return rounds->groups(0, round, rounds->judgement());
  }
  using Groups = std::vector<std::vector<ItemIndex>>;

  Contract contract;
  Plan plan;
  std::unique_ptr<Rounds> rounds;
  std::vector<ItemIndex> gpus;
  std::uint64_t attempts = 0;
  std::string serial;
};

TEST_F(RoundsOf, ConcurrentItemsRunTogetherAndOnlyThoseOfThisNode) {
  make(Concurrency::all_items);
  ASSERT_EQ(gpus.size(), 2U);
  EXPECT_EQ(groups(1), (Groups{gpus}));
}

TEST_F(RoundsOf, OthersRunOneAfterTheOther) {
  make(Concurrency::one_at_a_time);
  EXPECT_EQ(groups(1), (Groups{{gpus[0]}, {gpus[1]}}));
}

TEST_F(RoundsOf, AnAttemptThatWasBegunUsesUpItsRound) {
  make(Concurrency::one_at_a_time);
  attempt(gpus[0], 1, Ending::no_end);
  EXPECT_EQ(groups(1), (Groups{{gpus[1]}}));
  EXPECT_EQ(groups(2), (Groups{{gpus[0]}, {gpus[1]}}));
}

TEST_F(RoundsOf, AConcurrentRoundThatBrokeOffIsNotTakenUpAgain) {
  make(Concurrency::all_items);
  attempt(gpus[0], 1, Ending::no_end);
  EXPECT_TRUE(groups(1).empty());
  EXPECT_EQ(groups(2), (Groups{gpus}));
}

TEST_F(RoundsOf, DecidedItemsKeepLoadingUntilAllAreDecided) {
  make(Concurrency::all_items);
  attempt(gpus[0], 1, Ending::wrong_result);
  attempt(gpus[1], 1, Ending::measured);
  EXPECT_EQ(groups(2), (Groups{gpus}));
  attempt(gpus[0], 2, Ending::measured);
  attempt(gpus[1], 2, Ending::wrong_result);
  EXPECT_TRUE(groups(3).empty());
  EXPECT_FALSE(rounds->open(rounds->judgement()));
}

TEST_F(RoundsOf, ARefusedItemIsNotAskedAgain) {
  make(Concurrency::one_at_a_time);
  attempt(gpus[0], 1, Ending::unsupported);
  EXPECT_EQ(groups(2), (Groups{{gpus[1]}}));
}

TEST_F(RoundsOf, TheLastRunEndsAClauseWhateverBecameOfIt) {
  make(Concurrency::one_at_a_time);
  for (std::uint32_t round = 1; round <= 30; ++round) {
    attempt(gpus[0], round, round % 2 == 0 ? Ending::measured : Ending::hung, round % 3);
    attempt(gpus[1], round, Ending::measured, 0);
  }
  EXPECT_TRUE(groups(31).empty());
  EXPECT_FALSE(rounds->open(rounds->judgement()));
}

TEST_F(RoundsOf, AReplacedItemBeginsAnew) {
  make(Concurrency::one_at_a_time);
  for (std::uint32_t round = 1; round <= 10; ++round) {
    attempt(gpus[0], round, Ending::hung);
  }
  EXPECT_EQ(rounds->runs(0), 10U);
  EXPECT_EQ(rounds->next_look(0), 20U);
  Rounds fresh(contract, plan, 0);
  fresh.take({Attempt{.number = 1, .clause = "C-1", .item = gpus[0], .round = 1}},
             {{.item = gpus[0], .after = 1, .old_serial = "a", .new_serial = "b"}});
  EXPECT_EQ(fresh.runs(0), 0U);
  EXPECT_EQ(fresh.next_look(0), 10U);
}

TEST_F(RoundsOf, TheRunsOfALookAreSpreadOverTheDays) {
  make(Concurrency::one_at_a_time);
  for (std::uint32_t round = 1; round <= 5; ++round) {
    EXPECT_FALSE(rounds->must_wait(round, 100));
    attempt(gpus[0], round, Ending::measured, 100);
  }
  EXPECT_TRUE(rounds->must_wait(6, 100));
  EXPECT_FALSE(rounds->must_wait(6, 101));
  EXPECT_EQ(rounds->day_of(5), 1U);
  EXPECT_EQ(rounds->day_of(6), 2U);
}

TEST_F(RoundsOf, AnItemWhoseRunsAreShiftedIsSpreadOverTheDaysToo) {
  make(Concurrency::one_at_a_time);
  contract.max_invalid = 1;
  // An excused attempt on the first day: the ten runs of the first look are those of rounds 2
  // to 11.
  attempt(gpus[1], 1, Ending::wrong_result);  // decided
  std::vector<Attempt> taken{
      Attempt{.number = 1, .clause = "C-1", .item = gpus[0], .round = 1, .day = 100}};
  taken[0].excused = true;
  rounds->take(taken, {});
  rounds->take(Attempt{.number = 2,
                       .clause = "C-1",
                       .item = gpus[1],
                       .round = 1,
                       .day = 100,
                       .ending = Ending::device_lost});
  attempts = 2;
  for (std::uint32_t round = 2; round <= 6; ++round) {
    EXPECT_FALSE(rounds->must_wait(round, 100)) << round;
    attempt(gpus[0], round, Ending::measured, 100);
  }
  EXPECT_TRUE(rounds->must_wait(7, 100));
  EXPECT_FALSE(rounds->must_wait(7, 101));
  for (std::uint32_t round = 7; round <= 11; ++round) {
    EXPECT_FALSE(rounds->must_wait(round, 101)) << round;
    attempt(gpus[0], round, Ending::measured, 101);
  }
  EXPECT_EQ(rounds->judgement().clauses[0].verdicts[0].outcome, Outcome::accept);
}

TEST_F(RoundsOf, AnItemReplacedInTheMiddleOfALookIsSpreadOverTheDaysToo) {
  make(Concurrency::one_at_a_time);
  std::vector<Attempt> taken{Attempt{.number = 1,
                                     .clause = "C-1",
                                     .item = gpus[1],
                                     .round = 1,
                                     .day = 100,
                                     .ending = Ending::device_lost}};
  for (std::uint32_t round = 1; round <= 7; ++round) {
    taken.push_back({.number = round + 1U,
                     .clause = "C-1",
                     .item = gpus[0],
                     .round = round,
                     .day = round <= 5 ? 100 : 101,
                     .ending = Ending::hung});
  }
  rounds->take(taken, {{.item = gpus[0], .after = 8, .old_serial = "a", .new_serial = "b"}});
  attempts = 8;
  serial = "b";
  for (std::uint32_t round = 8; round <= 12; ++round) {
    EXPECT_FALSE(rounds->must_wait(round, 101)) << round;
    attempt(gpus[0], round, Ending::measured, 101);
  }
  EXPECT_TRUE(rounds->must_wait(13, 101)) << "five runs of the new device on one day";
  EXPECT_FALSE(rounds->must_wait(13, 102));
}

TEST_F(RoundsOf, ALookWithoutItsDaysIsFollowedByTheNext) {
  make(Concurrency::one_at_a_time);
  attempt(gpus[1], 1, Ending::device_lost, 100);
  for (std::uint32_t round = 1; round <= 10; ++round) {
    attempt(gpus[0], round, Ending::measured, 100);
  }
  EXPECT_EQ(rounds->judgement().clauses[0].verdicts[0].reason, Reason::too_few_days);
  EXPECT_EQ(groups(11), (Groups{{gpus[0]}}));
  for (std::uint32_t round = 11; round <= 20; ++round) {
    const std::int64_t day = rounds->must_wait(round, 100) ? 101 : 100;
    attempt(gpus[0], round, Ending::measured, day);
  }
  EXPECT_EQ(rounds->judgement().clauses[0].verdicts[0].outcome, Outcome::accept);
  EXPECT_FALSE(rounds->open(rounds->judgement()));
}

TEST_F(RoundsOf, ANodeAroundAReplacedPartBeginsAnew) {
  contract = contract_with(Concurrency::one_at_a_time);
  contract.clauses[0].scope = Scope::each_node;
  plan = *make_plan(contract, scripted_cases());
  Rounds fresh(contract, plan, 0);
  std::vector<Attempt> taken;
  for (std::uint32_t round = 1; round <= 30; ++round) {
    taken.push_back(
        {.number = round, .clause = "C-1", .item = 0, .round = round, .ending = Ending::hung});
  }
  fresh.take(taken, {});
  EXPECT_EQ(fresh.runs(0), 30U);
  fresh.take(taken, {{.item = 1, .after = 30, .old_serial = "a", .new_serial = "b"}});
  EXPECT_EQ(fresh.runs(0), 0U);
}

}  // namespace
}  // namespace assay
