#include "reports/campaign.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <ostream>

#include <gtest/gtest.h>

#include "harness/model/judge.h"
#include "reports/digest.h"
#include "reports/merkle.h"
#include "reports/report.h"
#include "tests/doubles/reports/campaign_builder.h"
#include "tests/doubles/reports/scratch_folder.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using testing_doubles::CampaignBuilder;
using testing_doubles::Line;
using testing_doubles::ScratchFolder;
using testing_doubles::SimulatedRun;
using testing_doubles::slurp;
using testing_doubles::spill;

CampaignBuilder usual(int rounds = 10) {
  CampaignBuilder builder;
  builder.open();
  builder.usual_runs(rounds);
  builder.close();
  return builder;
}

/// The message with which a folder is refused, or "".
std::string refusal(const std::string& folder, bool deep = true) {
  const Result<Campaign> campaign = read_campaign(folder, deep);
  return campaign ? "" : campaign.error().message;
}

/// The refusal of what `builder` writes: chained and signed as it should be.
std::string refusal_of(CampaignBuilder& builder, bool deep = true) {
  const ScratchFolder folder;
  const Result<Done> written = builder.write(folder.path());
  return written ? refusal(folder.path(), deep) : "not written: " + written.error().message;
}

testing::AssertionResult says(const std::string& message, const std::string& part) {
  if (message.find(part) != std::string::npos) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << "'" << message << "' doesn't say '" << part << "'";
}

Json* member(Json::Object& object, std::string_view name) {
  for (auto& [key, value] : object) {
    if (key == name) {
      return &value;
    }
  }
  ADD_FAILURE() << "no member " << name;
  return nullptr;
}

/// The n-th line of that kind.
Line& line(std::vector<Line>& journal, std::string_view kind, std::size_t n = 0) {
  for (Line& each : journal) {
    if (each.kind == kind && n-- == 0) {
      return each;
    }
  }
  ADD_FAILURE() << "no line " << kind;
  return journal.front();
}

TEST(Campaign, IsReadWhole) {
  const ScratchFolder folder;
  CampaignBuilder builder = usual();
  ASSERT_TRUE(builder.write(folder.path()));
  const Result<Campaign> campaign = read_campaign(folder.path(), true);
  ASSERT_TRUE(campaign) << campaign.error().message;
  EXPECT_EQ(campaign->evidence.attempts.size(), 60U);
  EXPECT_EQ(campaign->nodes.size(), 2U);
  EXPECT_EQ(campaign->evidence_leaves, 2U);
  EXPECT_TRUE(campaign->evidence.selftest_passed);
  EXPECT_TRUE(campaign->evidence.chain_whole);
  EXPECT_EQ(campaign->evidence.marks, std::vector<std::string>{"simulated"});
  EXPECT_TRUE(campaign->strays.empty()) << campaign->strays.front();
  EXPECT_TRUE(campaign->remarks.empty()) << campaign->remarks.front();
  const std::vector<Digest> leaves{merkle_leaf(slurp(folder / "nodes/00000.jws")),
                                   merkle_leaf(slurp(folder / "nodes/00001.jws"))};
  EXPECT_EQ(campaign->evidence_root, hex(merkle_root(leaves)));
  const Attempt& first = campaign->evidence.attempts.front();
  EXPECT_EQ(first.number, 1U);
  EXPECT_EQ(first.clause, "C-1");
  EXPECT_EQ(campaign->roster[first.item].id, "box/00000/gpu0");
  EXPECT_TRUE(first.work == Natural{100} * 2'000'000'000'000U);
  EXPECT_TRUE(first.elapsed_ns == 1'000'000'000);
  EXPECT_EQ(first.checked, 100U);
  const Judgement judgement = judge(campaign->contract, campaign->roster, campaign->evidence);
  EXPECT_EQ(judgement.decision, Decision::limits_met);
}

TEST(Campaign, IsReadTheSameOnEveryRead) {
  const ScratchFolder folder;
  CampaignBuilder builder = usual(3);
  ASSERT_TRUE(builder.write(folder.path()));
  const auto report = [&folder](bool deep) {
    const Result<Campaign> campaign = read_campaign(folder.path(), deep);
    return campaign ? write_report(*campaign,
                                   judge(campaign->contract, campaign->roster, campaign->evidence))
                    : campaign.error().message;
  };
  EXPECT_EQ(report(true), report(false));
}

/// One consistent lie: everything is chained and signed after the edit.
struct Lie {
  std::string name;
  std::function<void(CampaignBuilder&)> tell;
  std::string answer;
};

std::ostream& operator<<(std::ostream& out, const Lie& lie) {
  return out << lie.name;
}

class ConsistentLie : public testing::TestWithParam<Lie> {};

TEST_P(ConsistentLie, IsFoundByName) {
  CampaignBuilder builder = usual(2);
  ASSERT_EQ(refusal_of(builder), "");
  GetParam().tell(builder);
  EXPECT_TRUE(says(refusal_of(builder), GetParam().answer));
}

Json::Object& end_of(CampaignBuilder& builder, std::size_t n = 0) {
  return line(builder.journals[0], "end", n).members;
}

Json* in(Json::Object& object, std::string_view outer, std::string_view inner) {
  return member(*member(object, outer)->object(), inner);
}

/// Journal 0 with an edit of one line's member.
auto edit(const std::string& kind, std::string_view name, Json value, std::size_t n = 0) {
  return [=](CampaignBuilder& b) { *member(line(b.journals[0], kind, n).members, name) = value; };
}

INSTANTIATE_TEST_SUITE_P(
    OfLines, ConsistentLie,
    testing::Values(
        Lie{"Session", edit("open", "session", std::string(64, 'a')), "00000.jsonl:1: session"},
        Lie{"Node", edit("open", "node", 1), "00000.jsonl:1: node"},
        Lie{"Tool", edit("open", "tool", std::string(64, 'a')), "00000.jsonl:1: tool"},
        Lie{"Selftest", edit("selftest", "passed", false), "passed: is not what its checks say"},
        Lie{"Link", edit("round", "link", std::string(64, 'a')), "00000.jsonl:4: link"},
        Lie{"ZeroLink", edit("round", "link", std::string(64, '0')), "00000.jsonl:4: link"},
        Lie{"RoundTwice", edit("round", "round", 1, 1), "round: must be 2"},
        Lie{"Gap", edit("begin", "attempt", 7, 1), "attempt: must be 2"},
        Lie{"FromZero", edit("begin", "attempt", 0), "attempt: must be 1"},
        Lie{"EarlyRound", edit("begin", "round", 2), "round: is 2, but link 1 was revealed last"},
        Lie{"Clause", edit("begin", "clause", "C-9"), "'C-9' is not in the contract"},
        Lie{"Item", edit("begin", "item", "box/00000/gpu9"), "is not in the inventory"},
        Lie{"OtherNode", edit("begin", "item", "box/00001/gpu0"), "belongs to node 1"},
        Lie{"Unbound", edit("begin", "item", "box/00000"), "doesn't bind"},
        Lie{"TimeBack", edit("begin", "at", "2026-03-01T07:00:00Z"), "at: is before"},
        Lie{"NoTime", edit("begin", "at", "2026-02-30T07:00:00Z"), "no time of day"},
        Lie{"EndClause", edit("end", "clause", "C-2"), "differ from those"},
        Lie{"EndItem", edit("end", "item", "box/00000/gpu1"), "differ from those"},
        Lie{"EndRound", edit("end", "round", 2), "differ from those"},
        Lie{"EndAttempt", edit("end", "attempt", 9), "attempt 9 is not running"},
        Lie{"Ending", edit("end", "ending", "splendid"), "ending"},
        Lie{"NoEnd", edit("end", "ending", "no_end"), "ending"},
        Lie{"Unit", edit("end", "dimension", "TFLOP"), "dimension"},
        Lie{"WorkAsNumber", edit("end", "work", 5), "work"},
        Lie{"Wrong", edit("end", "wrong", 1), "ending: is measured, but 1 slots were wrong"},
        Lie{"MoreWrong", edit("end", "wrong", 1000), "1000 wrong slots of 100"},
        Lie{"NotWrong", edit("end", "ending", "wrong_result"), "no slot was wrong"},
        Lie{"NoGap", edit("end", "ending", "gap"), "ending: is gap"},
        Lie{"NoClock", edit("end", "ending", "clock"), "ending: is clock"},
        Lie{"Clock", edit("end", "clock_ns", "1000200000"), "clocks disagree by 200000 ns"},
        Lie{"Start", edit("end", "start_ns", "5"), "start_ns: the window is not between"},
        Lie{"Work", edit("end", "work", "400000000000000"), "work: the line says 4000000"},
        Lie{"WorkPerStep", edit("end", "work_per_step", "1"),
            "work_per_step: is 2000000000000, but the first window of clause C-1 on "
            "'box/00000/gpu0' says 1"},
        Lie{"OneLargerStep", edit("end", "work_per_step", "4000000000000", 3),
            "work_per_step: is 4000000000000, but the first window"},
        Lie{"Elapsed", edit("end", "elapsed_ns", "1000000001"),
            "elapsed_ns: the line says 1000000001"},
        Lie{"Close", edit("close", "attempts", 5), "attempts: is not 6"}),
    [](const auto& chosen) { return chosen.param.name; });

INSTANTIATE_TEST_SUITE_P(
    OfParts, ConsistentLie,
    testing::Values(
        Lie{"Checked", [](CampaignBuilder& b) { *member(end_of(b), "checked") = 101; },
            "checked: is 101, but verification.tiles is 100"},
        Lie{"CheckedAndTiles",
            [](CampaignBuilder& b) {
              *member(end_of(b), "checked") = 101;
              *in(end_of(b), "verification", "tiles") = 101;
            },
            "checked: the line says 101, but its blocks say 100"},
        Lie{"Full", [](CampaignBuilder& b) { *in(end_of(b), "verification", "full") = 100; },
            "verification.full: the line says 100"},
        Lie{"Share", [](CampaignBuilder& b) { *in(end_of(b), "verification", "share_ppm") = 1; },
            "verification.share_ppm"},
        Lie{"Count", [](CampaignBuilder& b) { *in(end_of(b), "blocks", "count") = 9; },
            "blocks.count"},
        Lie{"GapNs", [](CampaignBuilder& b) { *in(end_of(b), "blocks", "gap_ns") = 1; },
            "blocks.gap_ns: the line says 1, but its blocks say 0"},
        Lie{"Shortest", [](CampaignBuilder& b) { *in(end_of(b), "blocks", "shortest_ns") = 1; },
            "blocks.shortest_ns"},
        Lie{"Bytes", [](CampaignBuilder& b) { *in(end_of(b), "blocks", "bytes") = 1; },
            "not written: blobs/sha256/"},
        Lie{"UpperCaseDigest",
            [](CampaignBuilder& b) { *in(end_of(b), "blocks", "sha256") = std::string(64, 'A'); },
            "not written"},
        Lie{"Blocks",
            [](CampaignBuilder& b) {
              std::erase_if(end_of(b), [](const auto& each) { return each.first == "blocks"; });
            },
            "blocks: is missing"},
        Lie{"OtherBlob",
            [](CampaignBuilder& b) {
              *in(end_of(b, 2), "blocks", "sha256") =
                  *in(end_of(b), "blocks", "sha256");  // of the other clause
            },
            " is the window of attempt 1, too"},
        Lie{"BlobOfAnotherNode",
            [](CampaignBuilder& b) {
              *in(line(b.journals[1], "end").members, "blocks", "sha256") =
                  *in(end_of(b), "blocks", "sha256");
            },
            "nodes/00001.jws: names blobs/sha256/"},
        Lie{"OutputsOfAnEarlierRound",
            [](CampaignBuilder& b) {
              *member(end_of(b, 3), "output_digest") = *member(end_of(b), "output_digest");
            },
            "journal/00000.jsonl: output_digest: attempt 4 of C-1 in round 2 has the outputs of "
            "C-1 in round 1"},
        Lie{"NoOutputs", [](CampaignBuilder& b) { *member(end_of(b), "output_digest") = ""; },
            "output_digest: is missing"},
        Lie{"OutputsAsWords",
            [](CampaignBuilder& b) { *member(end_of(b), "output_digest") = "fine"; },
            "output_digest: must be a SHA-256"},
        Lie{"Unknown", [](CampaignBuilder& b) { end_of(b).emplace_back("verdict", "ACCEPT"); },
            "verdict: is not a known member"},
        Lie{"EndTwice",
            [](CampaignBuilder& b) {
              const Line end = line(b.journals[0], "end");
              b.journals[0].insert(b.journals[0].end() - 1, end);
            },
            "attempt 1 is not running"},
        Lie{"EndBeforeBegin",
            [](CampaignBuilder& b) {
              std::swap(line(b.journals[0], "begin"), line(b.journals[0], "end"));
            },
            "attempt 1 is not running"},
        Lie{"AttemptRemoved",
            [](CampaignBuilder& b) {
              std::vector<Line>& journal = b.journals[0];
              std::erase_if(journal, [](Line& each) {
                return (each.kind == "begin" || each.kind == "end") &&
                       *member(each.members, "attempt")->whole() == 2;
              });
            },
            "attempt: must be 2"},
        Lie{"NotLastLine",
            [](CampaignBuilder& b) { b.journals[0].push_back(line(b.journals[0], "round")); },
            "a line after 'close'"},
        Lie{"NoOpen", [](CampaignBuilder& b) { b.journals[0].erase(b.journals[0].begin()); },
            "the first line is no 'open'"},
        Lie{"NoMachine", [](CampaignBuilder& b) { b.journals[0].erase(b.journals[0].begin() + 1); },
            "before a 'machine' line"},
        Lie{"NewKind",
            [](CampaignBuilder& b) {
              b.journals[0].insert(b.journals[0].end() - 1, {"improvement", {}});
            },
            "kind: 'improvement' is unknown"},
        Lie{"JournalsSwapped", [](CampaignBuilder& b) { std::swap(b.journals[0], b.journals[1]); },
            "00000.jsonl:1: node"},
        Lie{"KeysSwapped", [](CampaignBuilder& b) { std::swap(b.node_keys[0], b.node_keys[1]); },
            "nodes/00000.jws: the signature is not that of the expected key"},
        Lie{"ContractEdited",
            [](CampaignBuilder& b) {
              b.contract_text.replace(b.contract_text.find("150 TFLOP/s"), 3, "140");
            },
            "contract.json: its digest is"},
        Lie{"ItemsEdited", [](CampaignBuilder& b) { b.session.items.pop_back(); },
            "session.json: lists 6 items"},
        Lie{"ItemRenamed", [](CampaignBuilder& b) { b.session.items[1] = "box/00000/gpu7"; },
            "session.json: items[1]"},
        Lie{"NodeLeftOut",
            [](CampaignBuilder& b) {
              b.session.nodes.pop_back();
              b.journals.pop_back();
            },
            "session.json: lists 1 nodes"},
        Lie{"Purpose", [](CampaignBuilder& b) { b.session.purpose = Purpose::acceptance; },
            "session.json: its purpose"},
        Lie{"Days", [](CampaignBuilder& b) { b.session.days = 2; }, "session.json: it has 2 days"},
        Lie{"MarkTakenOff", [](CampaignBuilder& b) { b.session.marks.clear(); },
            "00000.jsonl:1: session"}),
    [](const auto& chosen) { return chosen.param.name; });

TEST(Campaign, TellsTheLineTheAttemptAndBothValues) {
  CampaignBuilder builder = usual(1);
  *member(end_of(builder), "work") = "9";
  EXPECT_EQ(refusal_of(builder),
            "journal/00000.jsonl:7 (attempt 1 of C-1 on box/00000/gpu0): work: the line says 9, "
            "but its blocks say 200000000000000");
  EXPECT_EQ(refusal_of(builder, false), "") << "only blocks can tell, and only --deep reads them";
}

/// A campaign whose session says that a step of C-1 is `work`, and whose runs count 2 TFLOP a step.
CampaignBuilder with_stated_work(Natural work) {
  CampaignBuilder builder;
  builder.session.work_per_step = {{"C-1", work}};
  builder.open();
  builder.usual_runs(2);
  builder.close();
  return builder;
}

TEST(Campaign, TakesTheWorkOfAStepFromTheSessionAlone) {
  CampaignBuilder honest = with_stated_work(2'000'000'000'000);
  EXPECT_EQ(refusal_of(honest), "");
  CampaignBuilder inflated = with_stated_work(1'000'000'000'000);
  EXPECT_TRUE(says(refusal_of(inflated, false),
                   "work_per_step: is 2000000000000, but the session says that a step of clause "
                   "C-1 is 1000000000000"));
}

TEST(Campaign, RefusesASessionThatStatesTheWorkOfNoClause) {
  CampaignBuilder builder;
  builder.session.work_per_step = {{"C-9", 1}};
  builder.open();
  EXPECT_TRUE(says(refusal_of(builder), "session.json: work_per_step names 'C-9'"));
}

TEST(Campaign, InvalidatesTheItemWhoseOutputsAreNotThoseOfTheOthers) {
  CampaignBuilder builder;
  builder.open();
  builder.usual_runs(9);
  builder.round();
  builder.attempt("C-1", "box/00000/gpu0");
  builder.attempt("C-1", "box/00000/gpu1", {.outputs = "others"});
  builder.attempt("C-1", "box/00001/gpu0");
  builder.attempt("C-1", "box/00001/gpu1");
  builder.close();
  const ScratchFolder folder;
  ASSERT_TRUE(builder.write(folder.path()));
  const Result<Campaign> campaign = read_campaign(folder.path(), true);
  ASSERT_TRUE(campaign) << campaign.error().message;
  const auto verdicts =
      judge(campaign->contract, campaign->roster, campaign->evidence).clauses[0].verdicts;
  EXPECT_EQ(verdicts[0].outcome, Outcome::accept) << verdicts[0].detail;
  EXPECT_EQ(verdicts[1].reason, Reason::outputs_differ) << verdicts[1].detail;
}

TEST(Campaign, CountsAWrongResultWithItsEnding) {
  CampaignBuilder builder;
  builder.open();
  builder.round();
  builder.attempt("C-1", "box/00000/gpu0", {.ending = "wrong_result", .wrong = 1});
  builder.attempt("C-1", "box/00000/gpu1", {.ending = "gap", .gap_ns = 2'000'000});
  builder.attempt("C-1", "box/00001/gpu0", {.ending = "clock", .clock_ns = -200'000});
  builder.begin("C-1", "box/00001/gpu1");
  const ScratchFolder folder;
  ASSERT_TRUE(builder.write(folder.path()));
  const Result<Campaign> campaign = read_campaign(folder.path(), true);
  ASSERT_TRUE(campaign) << campaign.error().message;
  const std::vector<Attempt>& attempts = campaign->evidence.attempts;
  ASSERT_EQ(attempts.size(), 4U);
  EXPECT_EQ(attempts[0].ending, Ending::wrong_result);
  EXPECT_EQ(attempts[1].ending, Ending::gap);
  EXPECT_EQ(attempts[2].ending, Ending::clock);
  EXPECT_EQ(attempts[3].ending, Ending::no_end);
  EXPECT_FALSE(campaign->evidence.chain_whole) << "nothing was closed";
  EXPECT_EQ(campaign->remarks.size(), 2U);
}

TEST(Campaign, RefusesGapsThatTheLineCallsMeasured) {
  CampaignBuilder builder;
  builder.open();
  builder.round();
  builder.attempt("C-1", "box/00000/gpu0", {.gap_ns = 2'000'000});
  EXPECT_TRUE(says(refusal_of(builder), "ending: is measured, but the gaps are 18000000 ns"));
}

TEST(Campaign, RefusesAMeasuredWindowWithASlotThatNobodyChecked) {
  CampaignBuilder builder;
  builder.open();
  builder.round();
  builder.attempt("C-1", "box/00000/gpu0", {.unchecked = 1});
  EXPECT_TRUE(says(refusal_of(builder), "checked: only 99 of 100 slots"));
}

TEST(Campaign, RefusesASelftestThatMissedAFault) {
  CampaignBuilder builder = usual(1);
  Json::Object& selftest = line(builder.journals[1], "selftest").members;
  *member(*(*member(selftest, "checks")->array())[1].object(), "caught") = false;
  EXPECT_TRUE(says(refusal_of(builder), "passed: is not what its checks say"));
  *member(selftest, "passed") = false;
  const ScratchFolder folder;
  ASSERT_TRUE(builder.write(folder.path()));
  const Result<Campaign> campaign = read_campaign(folder.path(), false);
  ASSERT_TRUE(campaign) << campaign.error().message;
  EXPECT_FALSE(campaign->evidence.selftest_passed);
}

TEST(Campaign, RefusesASelftestThatInjectedTooLittle) {
  CampaignBuilder builder = usual(1);
  Json::Object& selftest = line(builder.journals[0], "selftest").members;
  member(selftest, "checks")->array()->pop_back();
  EXPECT_TRUE(says(refusal_of(builder), "passed: is not what its checks say"));
}

TEST(Campaign, RefusesAFindingInPlaceOfAMeasuredWindow) {
  CampaignBuilder with_blocks = usual(1);
  line(with_blocks.journals[0], "end").members.emplace_back("matching", 1);
  EXPECT_TRUE(says(refusal_of(with_blocks), "matching: clause C-1 has another rule than 'once'"));
  CampaignBuilder without = usual(1);
  Json::Object& end = line(without.journals[0], "end").members;
  std::erase_if(end, [](const Json::Member& each) {
    return each.first == "blocks" || each.first == "verification";
  });
  EXPECT_TRUE(says(refusal_of(without), "blocks: is missing"));
}

TEST(Campaign, RefusesRoundsOutOfTheirOrder) {
  CampaignBuilder builder;
  builder.open();
  builder.round();
  builder.round();
  builder.attempt("C-1", "box/00000/gpu0");
  *member(line(builder.journals[0], "begin").members, "round") = 1;
  *member(line(builder.journals[0], "end").members, "round") = 1;
  EXPECT_TRUE(says(refusal_of(builder), "rounds are run in their order"));
}

TEST(Campaign, RefusesTwoAttemptsAtOnceOnOneItem) {
  CampaignBuilder builder;
  builder.open();
  builder.round();
  builder.begin("C-1", "box/00000/gpu0");
  builder.attempt("C-1", "box/00000/gpu0");
  EXPECT_TRUE(says(refusal_of(builder), "attempt 1 still runs on 'box/00000/gpu0'"));
}

TEST(Campaign, RefusesOneWindowAsTwoRuns) {
  CampaignBuilder builder;
  builder.open();
  builder.round();
  builder.attempt("C-1", "box/00000/gpu0");
  builder.round();
  builder.now_s -= 11;
  builder.attempt("C-1", "box/00000/gpu0");
  *member(line(builder.journals[0], "end", 1).members, "start_ns") =
      *member(line(builder.journals[0], "end", 0).members, "start_ns");
  EXPECT_TRUE(says(refusal_of(builder), "begins before the one before it"));
}

TEST(Campaign, WithoutASelftestHasNotPassedIt) {
  CampaignBuilder builder = usual(1);
  for (std::vector<Line>& journal : builder.journals) {
    std::erase_if(journal, [](const Line& each) { return each.kind == "selftest"; });
  }
  const ScratchFolder folder;
  ASSERT_TRUE(builder.write(folder.path()));
  const Result<Campaign> campaign = read_campaign(folder.path(), false);
  ASSERT_TRUE(campaign) << campaign.error().message;
  EXPECT_FALSE(campaign->evidence.selftest_passed);
}

TEST(Campaign, TakesOnlyTheBuyersExcuses) {
  CampaignBuilder builder;
  builder.open();
  builder.round();
  builder.attempt("C-1", "box/00000/gpu0");
  builder.excuse(0, 1, *builder.buyer);
  const ScratchFolder folder;
  ASSERT_TRUE(builder.write(folder.path()));
  const Result<Campaign> campaign = read_campaign(folder.path(), false);
  ASSERT_TRUE(campaign) << campaign.error().message;
  EXPECT_TRUE(campaign->evidence.attempts[0].excused);

  builder.excuse(0, 1, *builder.buyer);
  EXPECT_TRUE(says(refusal_of(builder), "attempt 1 is excused twice"));
  builder.journals[0].pop_back();
  builder.journals[0].pop_back();
  builder.excuse(0, 2, *builder.buyer);
  EXPECT_TRUE(says(refusal_of(builder), "attempt 2 was not begun"));
  builder.journals[0].pop_back();
  builder.excuse(0, 1, builder.node_keys[0]);
  EXPECT_TRUE(says(refusal_of(builder), "jws: the signature is not that of the expected key"));
  builder.journals[0].pop_back();
  builder.excuse(1, 1, *builder.buyer);
  builder.journals[0].push_back(builder.journals[1].back());
  builder.journals[1].pop_back();
  EXPECT_TRUE(says(refusal_of(builder), "excused something else"));
}

TEST(Campaign, WithoutABuyersKeyExcusesNothing) {
  CampaignBuilder builder;
  builder.session.buyer_key = "";
  builder.open();
  builder.round();
  builder.attempt("C-1", "box/00000/gpu0");
  builder.excuse(0, 1, *builder.buyer);
  EXPECT_TRUE(says(refusal_of(builder), "names no key of the buyer"));
}

TEST(Campaign, KeepsReplacementsInTheirPlace) {
  CampaignBuilder builder;
  builder.open();
  builder.round();
  builder.attempt("C-1", "box/00000/gpu0", {.serial = "A"});
  builder.journals[0].push_back(
      {"replacement",
       {{"item", "box/00000/gpu0"}, {"after", 1}, {"old_serial", "A"}, {"new_serial", "B"}}});
  builder.round();
  builder.attempt("C-1", "box/00000/gpu0", {.serial = "B"});
  EXPECT_EQ(refusal_of(builder), "");
  Json::Object& replacement = line(builder.journals[0], "replacement").members;
  *member(replacement, "after") = 0;
  EXPECT_TRUE(says(refusal_of(builder), "after: must be 1"));
  *member(replacement, "after") = 1;
  *member(replacement, "new_serial") = "A";
  EXPECT_TRUE(says(refusal_of(builder), "new_serial"));
  *member(replacement, "new_serial") = "B";
  *member(replacement, "item") = "box/00001/gpu0";
  EXPECT_TRUE(says(refusal_of(builder), "belongs to node 1"));
}

/// A campaign on the disk, spoilt there and put right again.
class OnDisk : public testing::Test {
 protected:
  void SetUp() override {
    CampaignBuilder builder = usual(2);
    ASSERT_TRUE(builder.write(folder_.path()));
    ASSERT_EQ(refusal(folder_.path()), "");
  }
  [[nodiscard]] std::string blob() const {
    for (const std::string& name : folder_.files()) {
      if (name.rfind("blobs/", 0) == 0) {
        return name;
      }
    }
    return "none";
  }
  [[nodiscard]] std::vector<std::string> parts() const {
    return {"contract.json",
            "session.json",
            "journal/00000.jsonl",
            "journal/00001.jsonl",
            "nodes/00000.jws",
            "nodes/00001.jws",
            blob()};
  }
  ScratchFolder folder_;
};

TEST_F(OnDisk, MissingIsFoundByName) {
  for (const std::string& name : parts()) {
    const std::string bytes = slurp(folder_ / name);
    fs::remove(folder_ / name);
    EXPECT_TRUE(says(refusal(folder_.path(), false), name));
    spill(folder_ / name, bytes);
  }
  EXPECT_EQ(refusal(folder_.path()), "");
}

TEST_F(OnDisk, CutOrEmptyOrLongerIsFound) {
  for (const std::string& name : parts()) {
    const std::string bytes = slurp(folder_ / name);
    const bool is_text = name == "contract.json";  // ends with its brace, white space may follow
    for (const std::string& spoilt :
         {bytes.substr(0, bytes.size() - 1), bytes.substr(0, bytes.size() / 2), std::string(),
          bytes + (is_text ? " " : "\n"), bytes + bytes}) {
      spill(folder_ / name, spoilt);
      EXPECT_NE(refusal(folder_.path(), false), "") << name << " of " << spoilt.size();
    }
    spill(folder_ / name, bytes);
  }
  EXPECT_EQ(refusal(folder_.path()), "");
}

TEST_F(OnDisk, LinkPipeFolderAndSparseGiantAreRefused) {
  for (const std::string& name : parts()) {
    const std::string path = folder_ / name;
    const std::string bytes = slurp(path);
    spill(folder_ / "elsewhere", bytes);
    fs::remove(path);
    fs::create_symlink(folder_ / "elsewhere", path);
    EXPECT_NE(refusal(folder_.path(), false), "") << name;
    fs::remove(path);
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    EXPECT_NE(refusal(folder_.path(), false), "") << name;
    fs::remove(path);
    fs::create_directory(path);
    EXPECT_NE(refusal(folder_.path(), false), "") << name;
    fs::remove(path);
    spill(path, "");
    fs::resize_file(path, std::uintmax_t{1} << 40);
    EXPECT_NE(refusal(folder_.path(), false), "") << name;
    spill(path, bytes);
  }
  fs::remove(folder_ / "elsewhere");
  EXPECT_EQ(refusal(folder_.path()), "");
}

TEST_F(OnDisk, FoldersAreNoLinks) {
  for (const std::string name : {"journal", "nodes", "blobs"}) {
    fs::rename(folder_ / name, folder_ / "away");
    fs::create_directory_symlink(folder_ / "away", folder_ / name);
    EXPECT_TRUE(says(refusal(folder_.path(), false), name + " is no folder"));
    fs::remove(folder_ / name);
    fs::rename(folder_ / "away", folder_ / name);
  }
}

TEST_F(OnDisk, EvidenceOfAnUnknownNodeIsAnError) {
  fs::copy_file(folder_ / "journal/00000.jsonl", folder_ / "journal/00002.jsonl");
  EXPECT_TRUE(says(refusal(folder_.path(), false), "journal/00002.jsonl belongs to a node"));
  fs::remove(folder_ / "journal/00002.jsonl");
  fs::copy_file(folder_ / "nodes/00000.jws", folder_ / "nodes/00002.jws");
  EXPECT_TRUE(says(refusal(folder_.path(), false), "nodes/00002.jws belongs to a node"));
}

TEST_F(OnDisk, StrangeFilesAreNamed) {
  spill(folder_ / "notes.txt", "x");
  spill(folder_ / "blobs/sha256/0000", "x");
  spill(folder_ / "policy.json", "{}");
  fs::create_directory(folder_ / "keys");
  const Result<Campaign> campaign = read_campaign(folder_.path(), false);
  ASSERT_TRUE(campaign) << campaign.error().message;
  EXPECT_EQ(campaign->strays,
            (std::vector<std::string>{
                "keys/ still holds the secrets of the campaign: don't hand it over",
                "notes.txt is no part of the campaign", "policy.json is no part of the campaign",
                "blobs/sha256/0000 is no part of the campaign"}));
  EXPECT_TRUE(campaign->remarks.empty()) << "the report must not depend on them";
}

TEST_F(OnDisk, SwappedOrDoubledEvidenceIsFound) {
  const auto swap = [this](const std::string& a, const std::string& b) {
    fs::rename(folder_ / a, folder_ / "away");
    fs::rename(folder_ / b, folder_ / a);
    fs::rename(folder_ / "away", folder_ / b);
  };
  swap("journal/00000.jsonl", "journal/00001.jsonl");
  EXPECT_TRUE(says(refusal(folder_.path(), false), "journal/00000.jsonl has"));
  swap("nodes/00000.jws", "nodes/00001.jws");
  EXPECT_TRUE(says(refusal(folder_.path(), false), "nodes/00000.jws: the signature is not"));
  swap("journal/00000.jsonl", "journal/00001.jsonl");
  swap("nodes/00000.jws", "nodes/00001.jws");
  ASSERT_EQ(refusal(folder_.path(), false), "");
  spill(folder_ / "nodes/00001.jws", slurp(folder_ / "nodes/00000.jws"));
  EXPECT_TRUE(says(refusal(folder_.path(), false), "nodes/00001.jws"));
}

TEST_F(OnDisk, AnotherSessionsEvidenceIsFound) {
  const ScratchFolder other;
  CampaignBuilder builder;
  builder.session.id = "S-2";
  builder.open();
  builder.usual_runs(2);
  builder.close();
  ASSERT_TRUE(builder.write(other.path()));
  for (const std::string name : {"journal/00000.jsonl", "nodes/00000.jws", "session.json"}) {
    spill(folder_ / name, slurp(other / name));
    EXPECT_NE(refusal(folder_.path(), false), "") << name;
  }
}

TEST_F(OnDisk, EveryFlippedBitIsFound) {
  for (const std::string& name : parts()) {
    const std::string bytes = slurp(folder_ / name);
    const std::size_t step = bytes.size() / 40 + 1;
    for (std::size_t place = 0; place < bytes.size(); place += step) {
      std::string spoilt = bytes;
      spoilt[place] = static_cast<char>(spoilt[place] ^ (1 << (place % 8)));
      spill(folder_ / name, spoilt);
      EXPECT_NE(refusal(folder_.path(), false), "") << name << " at " << place;
    }
    spill(folder_ / name, bytes);
  }
}

}  // namespace
}  // namespace assay
