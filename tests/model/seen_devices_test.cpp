// What was seen in a node, what was measured there and what was replaced must be one story.
#include <gtest/gtest.h>

#include "tests/model/campaign_maker.h"

namespace assay {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the helpers of these tests

/// Two nodes (items 0 and 2) with one GPU each (1 and 3), looked at and measured.
class Seen : public ::testing::Test {
 protected:
  Seen() {
    contract_ = contract_of({rate_clause()}, 2, 1);
    contract_.remedy = Remedy{quantity("50 %"), 1};
    evidence_ = evidence_of({});
    for (const ItemIndex item : {1U, 3U}) {
      for (Attempt& attempt : runs(signs(10, 0), item)) {
        attempt.number += 1;  // after the look
        attempt.serial = item == 1 ? "A" : "B";
        evidence_.attempts.push_back(attempt);
      }
    }
    evidence_.seen = {{.node = 0, .attempt = 1, .serials = {"A"}},
                      {.node = 2, .attempt = 1, .serials = {"B"}}};
  }
  [[nodiscard]] std::vector<std::string> verdicts() const {
    return all_shown(contract_, evidence_);
  }

  Contract contract_;
  Evidence evidence_;
};

const std::string k_met = "ACCEPT limit_met";
const std::string k_changed = "INVALID device_changed";
using All = std::vector<std::string>;

TEST_F(Seen, IsAcceptedWhereAllFits) {
  EXPECT_EQ(verdicts(), (All{k_met, k_met}));
}

TEST_F(Seen, IsHeldAgainstWhatWasMeasured) {
  evidence_.seen[0].serials = {"C", "D"};
  EXPECT_EQ(verdicts(), (All{k_changed, k_met}));
  evidence_.seen.push_back({.node = 0, .attempt = 12, .serials = {"A"}});
  EXPECT_EQ(verdicts(), (All{k_changed, k_met})) << "a later look mends nothing";
}

TEST_F(Seen, WithoutAnyDeviceIsHeldAgainstNoAttempt) {
  evidence_.seen[0].serials = {};
  EXPECT_EQ(verdicts(), (All{k_met, k_met}));
}

TEST_F(Seen, HoldsEachNodeAgainstItsOwnLooksAmongMany) {
  evidence_.seen.push_back({.node = 0, .attempt = 6, .serials = {"other"}});
  EXPECT_EQ(verdicts(), (All{k_changed, k_met}));
  evidence_.replacements = {{1, 6, "A", "A2"}};
  for (Attempt& attempt : evidence_.attempts) {
    attempt.serial = attempt.item == 1 && attempt.number > 6 ? "A2" : attempt.serial;
  }
  EXPECT_NE(verdicts()[0], k_changed) << "that look is over";
}

TEST_F(Seen, IsNotHeldAgainstWhatCameAfterAReplacement) {
  evidence_.replacements = {{1, 1, "X", "A"}};
  evidence_.seen[0].serials = {"X"};
  EXPECT_EQ(verdicts()[0], k_met);
}

/// The verdicts on the nodes themselves, of a clause that looks.
class SeenNodes : public Seen {
 protected:
  SeenNodes() {
    Clause look{.id = "I-1", .case_id = "system.inventory", .population = {"box"}};
    look.scope = Scope::each_node;
    look.rule = Rule::once;
    contract_.clauses = {look};
    evidence_.attempts.clear();
    for (const ItemIndex node : {0U, 2U}) {
      Attempt attempt = run_at(0, 1, node, "I-1");
      attempt.dimension = Dimension::count;
      attempt.work = attempt.elapsed_ns = attempt.checked = 0;
      attempt.matching = 1;
      evidence_.attempts.push_back(attempt);
    }
  }
};

TEST_F(SeenNodes, WithOneStartOfAKernelAreOneMachine) {
  evidence_.seen[0].boot_id = "boot 1";
  evidence_.seen[1].boot_id = "boot 2";
  EXPECT_EQ(verdicts(), (All{k_met, k_met}));
  evidence_.seen[1].boot_id = "boot 1";
  EXPECT_EQ(verdicts(), (All{k_changed, k_changed}));
}

TEST_F(SeenNodes, ThatLooksShowDifferentlyAreInvalidUntilReplaced) {
  evidence_.contradictions = {{.item = 0, .attempt = 1, .sentence = "One look shows X."}};
  EXPECT_EQ(verdicts(), (All{k_changed, k_met}));
  EXPECT_EQ(judged(contract_, evidence_).clauses[0].verdicts[0].detail,
            "Looks at box/00000 contradict each other. One look shows X.");
  evidence_.contradictions[0].attempt = 0;
  EXPECT_EQ(verdicts(), (All{k_met, k_met})) << "superseded";
}

TEST_F(SeenNodes, AreAcceptedWithTheirOwn) {
  EXPECT_EQ(verdicts(), (All{k_met, k_met}));
}

TEST_F(SeenNodes, ShowNoDeviceOfEachOther) {
  evidence_.seen[1].serials = {"A"};
  EXPECT_EQ(verdicts(), (All{k_changed, k_changed}));
}

TEST_F(SeenNodes, ShowNoDeviceThatWasReplaced) {
  evidence_.attempts.push_back(ended(Ending::device_lost, 2, 1, "I-1"));
  evidence_.attempts.back().excused = true;
  evidence_.replacements = {{1, 1, "A", "C"}};
  evidence_.seen.push_back({.node = 0, .attempt = 2, .serials = {"A"}});
  EXPECT_EQ(verdicts()[0], k_changed);
}

}  // namespace
}  // namespace assay
