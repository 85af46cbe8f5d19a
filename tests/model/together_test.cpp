// Where a clause wants all items at once, no value of an item that ran for itself counts.
#include <gtest/gtest.h>

#include "tests/model/campaign_maker.h"

namespace assay {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the helpers of these tests

/// Two nodes with two GPUs each (items 1, 2 and 4, 5), ten rounds that meet the limit.
class AllAtOnce : public ::testing::Test {
 protected:
  AllAtOnce() {
    contract_ = contract_of({rate_clause()}, 2, 2);
    contract_.conditions.start_skew = quantity("50 ms");
    for (const ItemIndex item : {1U, 2U, 4U, 5U}) {
      for (Attempt& attempt : runs(signs(10, 0), item)) {
        attempt.serial = std::to_string(item);
        evidence_.attempts.push_back(attempt);
      }
    }
    evidence_ = evidence_of(std::move(evidence_.attempts));
  }

  Attempt& of(ItemIndex item, std::uint32_t round) {
    for (Attempt& attempt : evidence_.attempts) {
      if (attempt.item == item && attempt.round == round) {
        return attempt;
      }
    }
    throw std::out_of_range("no such run");
  }
  [[nodiscard]] std::vector<std::string> verdicts() const {
    return all_shown(contract_, evidence_);
  }

  Contract contract_;
  Evidence evidence_;
};

const std::string k_met = "ACCEPT limit_met";
const std::string k_apart = "INVALID not_together";
using All = std::vector<std::string>;

TEST_F(AllAtOnce, IsAcceptedWhereWindowsBeginWithinTheSkew) {
  of(5, 3).start_ns += 50'000'000;
  EXPECT_EQ(verdicts(), (All{k_met, k_met, k_met, k_met}));
}

TEST_F(AllAtOnce, TakesNoWindowThatBeginsLaterOrEarlier) {
  of(5, 3).start_ns += 50'000'001;
  EXPECT_EQ(verdicts(), (All{k_met, k_met, k_met, k_apart}));
  of(5, 3).start_ns -= 3'600'000'000'000;
  EXPECT_EQ(verdicts(), (All{k_met, k_met, k_apart, k_met})) << "of two the earlier is the median";
  EXPECT_EQ(judged(contract_, evidence_).clauses[0].verdicts[2].detail,
            "The window of attempt 3 of box/00001/gpu0 began 59.99 min apart from most windows of "
            "its node in round 3, but the clause wants all items at once.");
}

// Windows are 10 s long.
TEST_F(AllAtOnce, TakesNoWindowsThatALongSkewLetsPassEachOther) {
  contract_.conditions.start_skew = quantity("6 s");
  contract_.clauses[0].limit = quantity("1 GFLOP/s");  // whatever the guard band is now
  of(5, 3).start_ns += 5'000'000'000;
  EXPECT_EQ(verdicts(), (All{k_met, k_met, k_met, k_met}));
  of(5, 3).start_ns += 1;
  EXPECT_EQ(verdicts(), (All{k_met, k_met, k_met, k_apart}));
}

TEST_F(AllAtOnce, HoldsEachNodeAgainstItself) {
  for (Attempt& attempt : evidence_.attempts) {
    attempt.start_ns += attempt.item > 3 ? 3'600'000'000'000 : 0;
  }
  EXPECT_EQ(verdicts(), (All{k_met, k_met, k_met, k_met}));
}

TEST_F(AllAtOnce, TakesNoTurns) {
  for (Attempt& attempt : evidence_.attempts) {
    attempt.round = 2 * attempt.round - attempt.item % 2;
  }
  EXPECT_EQ(verdicts(), (All{k_apart, k_apart, k_apart, k_apart}));
  EXPECT_EQ(judged(contract_, evidence_).clauses[0].verdicts[0].detail,
            "The window of attempt 1 of box/00000/gpu0 ran in round 1 with 1 of the 2 items of its "
            "node, but the clause wants all items at once.");
}

TEST_F(AllAtOnce, CountsAnItemThatWasTriedAndEndedBadly) {
  of(2, 4) = ended(Ending::crashed, 4, 2);
  EXPECT_EQ(verdicts(), (All{k_met, k_met, k_met, k_met}));
}

TEST_F(AllAtOnce, MakesNothingOfANodeThatIsDownTheOthers) {
  std::erase_if(evidence_.attempts,
                [](const Attempt& attempt) { return attempt.item == 4 || attempt.item == 5; });
  EXPECT_EQ(verdicts(), (All{k_met, k_met, "NOT_RUN no_evidence", "NOT_RUN no_evidence"}));
}

TEST_F(AllAtOnce, IsNotAskedOfItemsOneAtATime) {
  contract_.clauses[0].concurrent = Concurrency::one_at_a_time;
  of(5, 3).start_ns += 3'600'000'000'000;
  EXPECT_EQ(verdicts(), (All{k_met, k_met, k_met, k_met}));
}

}  // namespace
}  // namespace assay
