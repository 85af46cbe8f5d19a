// A wrong step's operands, and what the journal says of doing it again.
#include <functional>
#include <ostream>

#include <gtest/gtest.h>

#include "harness/model/judge.h"
#include "reports/operand_seed.h"
#include "tests/reports/campaign_support.h"

namespace assay {
namespace {

using testing_doubles::CampaignBuilder;
using testing_doubles::end_of;
using testing_doubles::in;
using testing_doubles::line;
using testing_doubles::Line;
using testing_doubles::member;
using testing_doubles::refusal_of;
using testing_doubles::says;
using testing_doubles::ScratchFolder;

Line repeat_of(std::int64_t attempt, const std::string& item, std::int64_t times,
               std::int64_t wrong, const std::string& note = "") {
  return {"repeat",
          {{"at", "2026-03-01T08:01:00Z"},
           {"attempt", attempt},
           {"item", item},
           {"note", note},
           {"times", times},
           {"wrong", wrong}}};
}

/// Both GPUs of node 0 ran in one round, and the first one was wrong: steadily, unlike the other.
CampaignBuilder wrong_once() {
  CampaignBuilder builder;
  builder.open();
  builder.round();
  builder.attempts_together(
      "C-1", {{"box/00000/gpu0", {.ending = "wrong_result", .wrong = 1}}, {"box/00000/gpu1", {}}});
  const auto link =
      digest_from_hex(*member(line(builder.journals[0], "round").members, "link")->text());
  *in(end_of(builder), "verification", "first") =
      Json::Object{{"actual", "2"},
                   {"block", 0},
                   {"expected", "1"},
                   {"index", "7"},
                   {"seed", hex(operand_seed(link.value(), "C-1", 1))},
                   {"slot", 0},
                   {"step", 3},
                   {"tuple", "5"}};
  const std::string at = *member(end_of(builder, 1), "at")->text();
  for (Line made :
       {repeat_of(1, "box/00000/gpu0", 100, 100), repeat_of(1, "box/00000/gpu1", 100, 0)}) {
    *member(made.members, "at") = at;
    builder.journals[0].push_back(std::move(made));
  }
  builder.close();
  return builder;
}

TEST(RepeatLines, StandInTheVerdictOfTheWrongResult) {
  CampaignBuilder builder = wrong_once();
  const ScratchFolder folder;
  ASSERT_TRUE(builder.write(folder.path()));
  const Result<Campaign> campaign = read_campaign(folder.path(), true);
  ASSERT_TRUE(campaign) << campaign.error().message;
  const auto verdicts =
      judge(campaign->contract, campaign->roster, campaign->evidence).clauses[0].verdicts;
  EXPECT_EQ(verdicts[0].reason, Reason::wrong_result);
  EXPECT_EQ(verdicts[0].detail,
            "In attempt 1 of box/00000/gpu0 1 of 100 checked outputs were wrong. Its first wrong "
            "step, done 100 times again there, was wrong 100 of 100 times: steady. On "
            "box/00000/gpu1 it was wrong 0 of 100 times.");
}

/// What is told, and the answer.
struct Lie {
  std::string name;
  std::function<void(CampaignBuilder&)> tell;
  std::string answer;
};

std::ostream& operator<<(std::ostream& out, const Lie& lie) {
  return out << lie.name;
}

class LieAboutAWrongStep : public testing::TestWithParam<Lie> {};

TEST_P(LieAboutAWrongStep, IsFoundByName) {
  CampaignBuilder builder = wrong_once();
  ASSERT_EQ(refusal_of(builder), "");
  GetParam().tell(builder);
  EXPECT_TRUE(says(refusal_of(builder), GetParam().answer));
}

auto first(std::string_view name, Json value) {
  return [=](CampaignBuilder& b) {
    Json::Object& of = *in(end_of(b), "verification", "first")->object();
    if (value.is_null()) {
      std::erase_if(of, [&](const auto& each) { return each.first == name; });
    } else {
      *member(of, name) = value;
    }
  };
}

/// The n-th repeat line with an edit.
auto repeat(std::size_t n, std::vector<std::pair<std::string, Json>> edits) {
  return [=](CampaignBuilder& b) {
    for (const auto& [name, value] : edits) {
      *member(line(b.journals[0], "repeat", n).members, name) = value;
    }
  };
}

INSTANTIATE_TEST_SUITE_P(
    All, LieAboutAWrongStep,
    testing::Values(
        Lie{"OtherOperands", first("seed", std::string(64, 'a')),
            "verification.first.seed: is not that of the operands of clause C-1 in round 1"},
        Lie{"NoOperands", first("seed", nullptr), "verification.first.seed: is missing"},
        Lie{"NoTuple", first("tuple", nullptr), "verification.first.tuple: is missing"},
        Lie{"OfARightAttempt", repeat(0, {{"attempt", 2}}),
            "attempt: attempt 2 has no wrong step that could be done again"},
        Lie{"OfNoAttempt", repeat(0, {{"attempt", 3}}),
            "attempt: attempt 3 has no wrong step that could be done again"},
        Lie{"FirstElsewhere", repeat(0, {{"item", "box/00000/gpu1"}}),
            "item: is 'box/00000/gpu1', but attempt 1 is done again on 'box/00000/gpu0' next"},
        Lie{"TwiceThere", repeat(1, {{"item", "box/00000/gpu0"}}),
            "item: is 'box/00000/gpu0', but attempt 1 is done again on 'box/00000/gpu1' next"},
        Lie{"OnAnotherNode", repeat(1, {{"item", "box/00001/gpu0"}}), "item: is 'box/00001/gpu0'"},
        Lie{"NoNeighbour", repeat(1, {{"item", ""}, {"times", 0}, {"note", "there is none"}}),
            "item: is '', but attempt 1 is done again on 'box/00000/gpu1' next"},
        Lie{"Nowhere", repeat(1, {{"item", ""}}), "item: is missing, but the step was done"},
        Lie{"MoreWrong", repeat(0, {{"times", 40}, {"wrong", 41}, {"note", "x"}}),
            "wrong: is 41 of 40 times"},
        Lie{"MoreTimes", repeat(0, {{"times", 101}}), "times: "},
        Lie{"FewerWithoutAWord", repeat(0, {{"times", 40}, {"wrong", 40}}),
            "note: is empty, but the step was done 40 times only"},
        Lie{"AllWithAnExcuse", repeat(0, {{"note", "it was late"}}),
            "note: stands there, but the step was done as often as it should be"},
        Lie{"AThirdTime",
            [](CampaignBuilder& b) {
              b.journals[0].insert(b.journals[0].end() - 1, line(b.journals[0], "repeat", 1));
            },
            "attempt: the wrong step of attempt 1 is done again at two places only"},
        Lie{"BeforeItsEnd",
            [](CampaignBuilder& b) {
              std::vector<Line>& journal = b.journals[0];
              const Line moved = line(journal, "repeat");
              journal.insert(journal.end() - 6, moved);
            },
            "has no wrong step that could be done again"},
        Lie{"InThePast", repeat(0, {{"at", "2026-02-01T08:00:00Z"}}), "at: is before"},
        Lie{"More",
            [](CampaignBuilder& b) {
              line(b.journals[0], "repeat").members.emplace_back("cause", "cosmic rays");
            },
            "cause: is not a known member"}),
    [](const auto& chosen) { return chosen.param.name; });

}  // namespace
}  // namespace assay
