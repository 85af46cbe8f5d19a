// What a wrong step did when it was done again.
#include "harness/model/repetition.h"

#include <gtest/gtest.h>

#include "tests/model/campaign_maker.h"

namespace assay {
namespace {

using testing::contract_of;
using testing::ended;
using testing::item_named;
using testing::judged;
using testing::rate_clause;
using testing::run_at;

/// GPUs 1 to 4 of a node, each of which ran once in one round: + right, - wrong, c crashed.
std::vector<Attempt> ran(std::string_view signs) {
  std::vector<Attempt> attempts;
  for (const char sign : signs) {
    const auto item = static_cast<ItemIndex>(attempts.size() + 1);
    attempts.push_back(sign == 'c' ? ended(Ending::crashed, item, item) : run_at(101, item, item));
    if (sign == '-') {
      attempts.back().ending = Ending::wrong_result;
      attempts.back().wrong = 1;
    }
  }
  return attempts;
}

std::optional<ItemIndex> next_to(ItemIndex item, std::string_view signs) {
  const std::vector<Attempt> attempts = ran(signs);
  return neighbour_of(attempts[item - 1], {1, 2, 3, 4}, attempts);
}

TEST(Neighbour, IsTheNextItemOnWhichNothingEndedBadly) {
  EXPECT_EQ(next_to(1, "-+++"), 2U);
  EXPECT_EQ(next_to(1, "--++"), 3U);
  EXPECT_EQ(next_to(1, "-c-+"), 4U);
}

TEST(Neighbour, IsTheFirstItemAfterTheLast) {
  EXPECT_EQ(next_to(4, "+++-"), 1U);
  EXPECT_EQ(next_to(4, "c++-"), 2U);
}

TEST(Neighbour, IsNoneWhereTheNodeHasNoOtherItemLeft) {
  EXPECT_EQ(next_to(2, "c---"), std::nullopt);
  const std::vector<Attempt> alone = ran("-");
  EXPECT_EQ(neighbour_of(alone[0], {1}, alone), std::nullopt);
}

TEST(Neighbour, IsNotTakenForFaultyByAnotherClause) {
  std::vector<Attempt> attempts = ran("-++");
  attempts[1].ending = Ending::hung;
  attempts[1].clause = "C-2";
  EXPECT_EQ(neighbour_of(attempts[0], {1, 2, 3}, attempts), 2U);
}

std::string sentence(std::vector<Repetition> repetitions) {
  Evidence evidence = testing::evidence_of(ran("-+"));
  evidence.attempts[0].repetitions = std::move(repetitions);
  return judged(contract_of({rate_clause()}, 1, 2), evidence).clauses[0].verdicts[0].detail;
}

TEST(Repetitions, AreToldInTheVerdictOfAWrongResult) {
  const std::string begin = "In attempt 1 of box/00000/gpu0 1 of 40 checked outputs were wrong.";
  EXPECT_EQ(sentence({}), begin);
  const std::string own = " Its first wrong step, done 100 times again there, was wrong ";
  EXPECT_EQ(sentence({{.item = 1, .times = 100, .wrong = 100}}),
            begin + own + "100 of 100 times: steady.");
  EXPECT_EQ(sentence({{.item = 1, .times = 100, .wrong = 0}}),
            begin + own + "0 of 100 times: transient.");
  EXPECT_EQ(sentence({{.item = 1, .times = 100, .wrong = 1}}),
            begin + own + "1 of 100 times: intermittent.");
}

TEST(Repetitions, OnANeighbourAreToldBesideThem) {
  const std::string own =
      "In attempt 1 of box/00000/gpu0 1 of 40 checked outputs were wrong. Its first wrong step, "
      "done 100 times again there, was wrong 100 of 100 times: steady.";
  const Repetition steady{.item = 1, .times = 100, .wrong = 100};
  EXPECT_EQ(sentence({steady, {.item = 2, .times = 100, .wrong = 0}}),
            own + " On box/00000/gpu1 it was wrong 0 of 100 times.");
  EXPECT_EQ(sentence({steady, {.item = 2}}),
            own + " It could not be tried again on box/00000/gpu1.");
  EXPECT_EQ(sentence({steady, {}}),
            own + " The node has no other item without a fault to try it on.");
}

}  // namespace
}  // namespace assay
