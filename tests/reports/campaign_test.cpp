#include "reports/campaign.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "harness/model/judge.h"
#include "reports/digest.h"
#include "reports/merkle.h"
#include "reports/report.h"
#include "tests/reports/campaign_support.h"

namespace assay {
namespace {

using testing_doubles::CampaignBuilder;
using testing_doubles::end_of;
using testing_doubles::line;
using testing_doubles::Line;
using testing_doubles::member;
using testing_doubles::refusal_of;
using testing_doubles::says;
using testing_doubles::ScratchFolder;
using testing_doubles::slurp;
using testing_doubles::usual;

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

TEST(Campaign, TellsTheLineTheAttemptAndBothValues) {
  CampaignBuilder builder = usual(1);
  *member(end_of(builder), "work") = "18000000000000";
  *member(end_of(builder), "checked") = 9;
  *member(*member(end_of(builder), "verification")->object(), "tiles") = 9;
  EXPECT_EQ(refusal_of(builder),
            "journal/00000.jsonl:7 (attempt 1 of C-1 on box/00000/gpu0): work: the line says "
            "18000000000000, "
            "but its blocks say 200000000000000");
  EXPECT_EQ(refusal_of(builder, false), "") << "only blocks can tell, and only --deep reads them";
}

TEST(Campaign, RefusesAWindowThatBeganBeforeItsSoakWasOver) {
  std::string contract = testing_doubles::two_node_contract();
  const std::string window = R"("window":"1 s","rule")";
  contract.replace(contract.find(window), window.size(), R"("soak":"30 min",)" + window);
  CampaignBuilder builder(contract);
  builder.open();
  builder.usual_runs(1);
  builder.close();
  EXPECT_EQ(refusal_of(builder),
            "journal/00000.jsonl:7: start_ns: the window begins sooner after the begin of its "
            "attempt than 30 min, the soak that the contract wants");
}

/// A campaign whose session says this, and whose runs of C-1 count 2 TFLOP a step.
CampaignBuilder with_stated_work(std::map<std::string, Natural> work) {
  CampaignBuilder builder;
  builder.session.work_per_step = std::move(work);
  builder.open();
  builder.usual_runs(2);
  builder.close();
  return builder;
}

TEST(Campaign, TakesTheWorkOfAStepFromTheContract) {
  CampaignBuilder honest = with_stated_work({{"C-1", 2'000'000'000'000}});
  EXPECT_EQ(refusal_of(honest), "");
  CampaignBuilder inflated = with_stated_work({{"C-1", 4'000'000'000'000}});
  EXPECT_EQ(refusal_of(inflated, false),
            "session.json: work_per_step of clause C-1 is 4000000000000, but its params make it "
            "2000000000000");
  CampaignBuilder talkative =
      with_stated_work({{"C-1", 2'000'000'000'000}, {"C-2", 1'000'000'000}});
  EXPECT_EQ(refusal_of(talkative, false),
            "session.json: work_per_step of clause C-2 is 1000000000, but its params leave it to "
            "the machine");
}

/// As of a release that didn't know the case.
TEST(Campaign, HoldsWindowsAgainstTheContractWhereTheSessionStatesNoWorkOfAStep) {
  CampaignBuilder silent = with_stated_work({});
  EXPECT_EQ(refusal_of(silent, false), "");
  *member(line(silent.journals[0], "end").members, "work_per_step") = "4000000000000";
  EXPECT_TRUE(says(refusal_of(silent, false),
                   "work_per_step: is 4000000000000, but a step of clause C-1 is 2000000000000"));
}

TEST(Campaign, TakesAnotherWorkOfAStepFromAReplacedMachineOnly) {
  CampaignBuilder builder;
  builder.open();
  builder.round();
  builder.attempt("C-2", "box/00000", {.work_per_step = 1'000'000'000, .dimension = "byte_rate"});
  builder.journals[0].push_back(
      {"replacement",
       {{"item", "box/00000"}, {"after", 1}, {"old_serial", "A"}, {"new_serial", "B"}}});
  builder.round();
  builder.attempt("C-2", "box/00000", {.work_per_step = 2'000'000'000, .dimension = "byte_rate"});
  EXPECT_EQ(refusal_of(builder), "");
  std::erase_if(builder.journals[0], [](const Line& each) { return each.kind == "replacement"; });
  EXPECT_TRUE(says(refusal_of(builder), "work_per_step: is 2000000000, but the first window"));
}

/// One run, then a `machine` line with this inventory, then another.
CampaignBuilder on_another_machine(Json::Object first, Json::Object later) {
  CampaignBuilder builder;
  builder.open();
  *member(line(builder.journals[0], "machine").members, "inventory") = std::move(first);
  builder.round();
  builder.attempt("C-1", "box/00000/gpu0", {.serial = "A"});
  Line again = line(builder.journals[0], "machine");
  *member(again.members, "inventory") = std::move(later);
  builder.journals[0].push_back(std::move(again));
  builder.round();
  builder.attempt("C-1", "box/00000/gpu0", {.serial = "A"});
  return builder;
}

TEST(Campaign, RefusesANodeThatBecomesAnotherMachine) {
  const Json::Object first{
      {"cores", 2}, {"cpu_model", "A"}, {"memory_total", "32000000 kB"}, {"kernel", "6.1"}};
  CampaignBuilder processor = on_another_machine(
      first,
      {{"cores", 2}, {"cpu_model", "B"}, {"memory_total", "32000000 kB"}, {"kernel", "6.1"}});
  EXPECT_TRUE(says(refusal_of(processor),
                   "another machine, and the node was not replaced: "
                   "cpu_model is \"B\", but was \"A\""));
  CampaignBuilder memory = on_another_machine(
      first,
      {{"cores", 2}, {"cpu_model", "A"}, {"memory_total", "30000000 kB"}, {"kernel", "6.1"}});
  EXPECT_TRUE(says(refusal_of(memory), "memory_total is"));
  CampaignBuilder bound = on_another_machine(
      first,
      {{"cores", 1}, {"cpu_model", "A"}, {"memory_total", "32000000 kB"}, {"kernel", "6.1"}});
  EXPECT_EQ(refusal_of(bound), "") << "a process may be bound to fewer cores";
  CampaignBuilder hidden = on_another_machine(first, {{"kernel", "6.1"}});
  EXPECT_TRUE(says(refusal_of(hidden), "cpu_model is null, but was"));
  // After a replacement of the node it is another one.
  auto& journal = processor.journals[0];
  auto machine = journal.end();
  while ((--machine)->kind != "machine") {
  }
  journal.insert(
      machine,
      Line{"replacement",
           {{"item", "box/00000"}, {"after", 1}, {"old_serial", "A"}, {"new_serial", "B"}}});
  EXPECT_EQ(refusal_of(processor), "");
}

TEST(Campaign, TakesARebootWithAnotherKernelAndSaysThatSomethingChanged) {
  CampaignBuilder builder =
      on_another_machine({{"cpu_model", "A"}, {"memory_total", "32000000 kB"}, {"kernel", "6.1"}},
                         {{"cpu_model", "A"}, {"memory_total", "31900000 kB"}, {"kernel", "6.2"}});
  const ScratchFolder folder;
  ASSERT_TRUE(builder.write(folder.path()));
  const Result<Campaign> campaign = read_campaign(folder.path(), true);
  ASSERT_TRUE(campaign) << campaign.error().message;
  const auto says_so = [&campaign](std::string_view what) {
    return std::any_of(campaign->remarks.begin(), campaign->remarks.end(),
                       [what](const std::string& remark) { return remark.ends_with(what); });
  };
  EXPECT_TRUE(says_so("the inventory changed; the report shows the last"));
  EXPECT_FALSE(says_so("the environment changed; the report shows the last"));
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
  builder.attempts_together("C-1", {{"box/00000/gpu0", {}},
                                    {"box/00000/gpu1", {.outputs = "others"}},
                                    {"box/00001/gpu0", {}},
                                    {"box/00001/gpu1", {}}});
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
  EXPECT_TRUE(says(refusal_of(builder), "checked: is 99, but work is that of 100 steps"));
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

}  // namespace
}  // namespace assay
