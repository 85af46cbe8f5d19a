#include "harness/run/plan.h"

#include <functional>

#include <gtest/gtest.h>

#include "harness/model/judge.h"
#include "harness/run/finding_case.h"
#include "reports/digest.h"
#include "reports/json.h"

namespace assay {
namespace {

Quantity q(const char* text) {
  return *parse_quantity(text);
}

/// A case as suites/ would define it, so that these tests depend on none of them.
Case product() {
  return {.id = "compute.product",
          .scopes = {Scope::each_gpu, Scope::each_node, Scope::system},
          .rules = {Rule::sign_1_5_9, Rule::sign_1_4_8, Rule::zero_wrong},
          .params = {{.name = "input", .values = {"f32", "s8"}},
                     {.name = "mode", .values = {"fast", "safe"}, .fallback = "safe"},
                     {.name = "size", .whole = true}},
          .dimension =
              [](const Params& params) {
                return params.at("input") == "s8" ? Dimension::op_rate : Dimension::byte_rate;
              },
          .problem = [](const Params& params) -> Result<Problem> {
            if (params.at("size") == "13") {
              return Error{Error::Code::bad_input, "params.size: 13 is unlucky"};
            }
            return Problem{MemoryProblem{.array_bytes = std::stoull(params.at("size")) << 30U}};
          }};
}

/// 100 nodes with 8 GPUs and one clause on each GPU, 300 s after a soak of 60 s.
Contract fleet() {
  Contract contract{.id = "fleet", .buyer = "B", .supplier = "S", .days = 3};
  contract.inventory.push_back(
      {.id = "gpus", .kind = "k", .nodes = 100, .gpus = Gpus{.model = "G", .count = 8}});
  contract.conditions.block_gap = q("0.1 %");
  contract.conditions.clock_disagreement = q("0.01 %");
  Clause clause{.id = "C-1",
                .case_id = "compute.product",
                .population = {"gpus"},
                .scope = Scope::each_gpu,
                .concurrent = Concurrency::all_items,
                .params = {{"input", "f32"}, {"size", "7"}}};
  clause.soak = q("60 s");
  clause.window = q("300 s");
  clause.limit = q("100 GB/s");
  clause.plausible = q("200 GB/s");
  contract.clauses.push_back(clause);
  return contract;
}

Clause on_the_system(const char* limit, Aggregate aggregate) {
  Clause clause = fleet().clauses[0];
  clause.id = "C-2";
  clause.scope = Scope::system;
  clause.aggregate = aggregate;
  clause.limit = q(limit);
  clause.plausible = q("160 TB/s");
  return clause;
}

/// A day on each GPU, in which no result may be wrong.
Clause day_without_a_wrong_result() {
  return {.id = "Z-1",
          .case_id = "compute.product",
          .population = {"gpus"},
          .scope = Scope::each_gpu,
          .concurrent = Concurrency::all_items,
          .params = fleet().clauses[0].params,
          .window = q("24 h"),
          .rule = Rule::zero_wrong};
}

Contract fleet_with_remedy(const char* replacements, std::uint32_t per_slot) {
  Contract contract = fleet();
  contract.remedy = Remedy{q(replacements), per_slot};
  return contract;
}

Plan plan_of(const Contract& contract) {
  const auto valid = validate(contract);
  EXPECT_TRUE(valid) << valid.error().message;
  auto plan = make_plan(contract, {product()});
  EXPECT_TRUE(plan) << plan.error().message;
  return *std::move(plan);
}

std::string refusal_of(const std::function<void(Clause&)>& change) {
  Contract contract = fleet();
  change(contract.clauses[0]);
  const auto plan = make_plan(contract, {product()});
  return plan ? "accepted" : plan.error().message;
}

TEST(MakePlan, CountsRunsTimeAndBytesAtTheBudgetOfThirtyRuns) {
  const Plan plan = plan_of(fleet());
  const PlannedClause& clause = plan.clauses.at(0);
  EXPECT_EQ(clause.items, 800U);
  EXPECT_EQ(clause.parts, 800U);
  EXPECT_EQ(clause.first_look, 10U);
  EXPECT_EQ(clause.runs, 30U);
  EXPECT_EQ(to_decimal(clause.first_look_ns), "3600000000000");
  EXPECT_EQ(to_decimal(clause.total_ns), "10800000000000");
  EXPECT_EQ(to_decimal(clause.blocks), "300");
  EXPECT_EQ(to_decimal(clause.attempts), "24000");
  EXPECT_EQ(to_decimal(clause.bytes), std::to_string(24'000 * (1200 + 24 + 72 * 300)));
  EXPECT_EQ(plan.total_ns, clause.total_ns);
  EXPECT_EQ(plan.bytes, clause.bytes);
  EXPECT_EQ(plan.nodes, 100U);
  EXPECT_EQ(plan.items, 901U);
}

TEST(MakePlan, FillsInFallbacks) {
  EXPECT_EQ(plan_of(fleet()).clauses.at(0).params.at("mode"), "safe");
}

TEST(MakePlan, CutsShortWindowsIntoBlocksOfATenthOfASecond) {
  Contract contract = fleet();
  contract.clauses[0].window = q("0.45 s");
  const Plan plan = plan_of(contract);
  EXPECT_EQ(to_decimal(plan.clauses[0].block_ns), "100000000");
  EXPECT_EQ(to_decimal(plan.clauses[0].blocks), "5");
}

TEST(MakePlan, TakesItemsOneAfterTheOtherWhereTheClauseSaysSo) {
  Contract contract = fleet();
  contract.clauses[0].concurrent = Concurrency::one_at_a_time;
  EXPECT_EQ(to_decimal(plan_of(contract).clauses[0].total_ns), "8640000000000000");
}

TEST(MakePlan, MeasuresTheSystemOnItsParts) {
  Contract contract = fleet();
  contract.clauses.push_back(on_the_system("90 TB/s", Aggregate::sum));
  const Plan plan = plan_of(contract);
  EXPECT_EQ(plan.clauses[1].items, 1U);
  EXPECT_EQ(plan.clauses[1].parts, 800U);
  EXPECT_EQ(to_decimal(plan.clauses[1].attempts), "24000");
}

TEST(MakePlan, StatesTheGuardBandAndTheMemoryOfARun) {
  Contract contract = fleet();
  contract.clauses.push_back(day_without_a_wrong_result());
  const Plan plan = plan_of(contract);
  EXPECT_EQ(plan.clauses[0].guard_band_ppb, guard_band_ppb(contract, contract.clauses[0]));
  EXPECT_EQ(plan.clauses[0].guard_band_ppb, 1'160'460U);
  EXPECT_EQ(plan.clauses[1].guard_band_ppb, 0U) << "there is no limit to exceed";
  EXPECT_EQ(to_decimal(plan.clauses[0].device_bytes), std::to_string(3 * (7ULL << 30U)));
}

TEST(MakePlan, RefusesARunThatTheStatedMemoryCannotHold) {
  Contract contract = fleet();
  contract.inventory[0].gpus->memory = q("22 GB");
  const auto plan = make_plan(contract, {product()});
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().message,
            "clauses[0].params: a run needs at least 22.54 GB on each device, and inventory line "
            "'gpus' states gpus.memory '22 GB'");
  contract.inventory[0].gpus->memory = q("23 GB");
  EXPECT_TRUE(make_plan(contract, {product()}));
  contract.inventory[0].gpus->memory = q("22 GB");
  contract.clauses[0].scope = Scope::each_node;
  EXPECT_TRUE(make_plan(contract, {product()})) << "a node's own memory is not stated";
}

TEST(MakePlan, RunsOnceWhatIsJudgedOnce) {
  Contract contract = fleet();
  contract.clauses.push_back(day_without_a_wrong_result());
  const Plan plan = plan_of(contract);
  EXPECT_EQ(plan.clauses[1].runs, 1U);
  EXPECT_EQ(to_decimal(plan.clauses[1].total_ns), "86400000000000");
}

TEST(MakePlan, SpreadsTheRunsOfALookOverTheDays) {
  const Plan plan = plan_of(fleet());
  ASSERT_EQ(plan.rounds.size(), 30U);
  std::string days;
  for (const PlannedRound& round : plan.rounds) {
    days += std::to_string(round.day);
  }
  EXPECT_EQ(days, "000011122200001112220000111222");
  EXPECT_EQ(plan.rounds[9].look, 1U);
  EXPECT_EQ(plan.rounds[10].look, 2U);
  EXPECT_EQ(plan.rounds[29].round, 30U);
}

TEST(MakePlan, KeepsNonceLinksForReplacementsAndExcuses) {
  EXPECT_EQ(plan_of(fleet()).nonce_links, 30U);
  Contract contract = fleet_with_remedy("1 %", 2);
  contract.max_invalid = 3;
  EXPECT_EQ(plan_of(contract).nonce_links, 93U);
}

TEST(MakePlan, CountsWhatMayBeReplacedLineByLine) {
  Contract contract = fleet_with_remedy("0.5 %", 1);
  contract.inventory.push_back(
      {.id = "more", .kind = "k", .nodes = 70, .gpus = Gpus{.model = "G", .count = 4}});
  contract.clauses[0].population = {"gpus", "more"};
  const Plan plan = plan_of(contract);
  EXPECT_EQ(plan.clauses[0].items, 1080U);
  EXPECT_EQ(plan.clauses[0].allowance, 4U + 1U);
}

/// A case that fio may move the bytes of; the floors below know it by its name.
TEST(MakePlan, RefusesAValueOfTheSystemOfStepsThatAreTimedApart) {
  Case read = product();
  read.id = "storage.read";
  read.params.push_back({.name = "engine", .values = {"own", "fio"}, .fallback = "own"});
  Contract contract = fleet();
  contract.clauses[0] = on_the_system("90 TB/s", Aggregate::sum);
  contract.clauses[0].case_id = "storage.read";
  const auto own = make_plan(contract, {read});
  ASSERT_TRUE(own) << own.error().message;
  EXPECT_FALSE(has_fio(*own));
  contract.clauses[0].params["engine"] = "fio";
  EXPECT_EQ(make_plan(contract, {read}).error().message,
            "clauses[0].scope: storage.read times each step by itself with these parameters, not "
            "all nodes at the same moments: no value of the system follows");
  contract.clauses[0].scope = Scope::each_gpu;
  const auto fio = make_plan(contract, {read});
  ASSERT_TRUE(fio) << fio.error().message;
  EXPECT_TRUE(has_fio(*fio));
}

TEST(MakePlan, RefusesWhatTheCasesDoNotKnow) {
  EXPECT_EQ(refusal_of([](Clause& c) { c.case_id = "compute.gem"; }),
            "clauses[0].case: there is no case 'compute.gem'; known are compute.product");
  EXPECT_EQ(refusal_of([](Clause& c) { c.scope = Scope::each_link; }),
            "clauses[0].scope: compute.product does not offer each_link, only each_gpu, each_node, "
            "system");
  EXPECT_EQ(refusal_of([](Clause& c) { c.params["colour"] = "red"; }),
            "clauses[0].params.colour: compute.product has no such parameter");
  EXPECT_EQ(refusal_of([](Clause& c) { c.params.erase("size"); }),
            "clauses[0].params.size: missing; compute.product needs it (a whole number from 1)");
  EXPECT_EQ(refusal_of([](Clause& c) { c.params["mode"] = "reckless"; }),
            "clauses[0].params.mode: 'reckless' is not one of: fast, safe");
  EXPECT_EQ(refusal_of([](Clause& c) { c.params["size"] = "0"; }),
            "clauses[0].params.size: '0' is not one of: a whole number from 1");
  EXPECT_EQ(refusal_of([](Clause& c) { c.params["size"] = "13"; }),
            "clauses[0].params.size: 13 is unlucky");
}

TEST(MakePlan, RefusesItemsAtOnceWhereTheirBytesAreCountedTogether) {
  Case alone = product();
  alone.one_at_a_time = true;
  Contract contract = fleet();
  contract.clauses[0].concurrent = Concurrency::one_at_a_time;
  EXPECT_TRUE(make_plan(contract, {alone}));
  contract.clauses[0].concurrent = Concurrency::all_items;
  const auto refused = make_plan(contract, {alone});
  ASSERT_FALSE(refused);
  EXPECT_EQ(
      refused.error().message,
      "clauses[0].concurrent: compute.product is measured one_at_a_time: what shows its bytes "
      "counts those of all GPUs of a node");
}

TEST(MakePlan, RefusesARuleThatTheCaseDoesNotServe) {
  EXPECT_EQ(refusal_of([](Clause& c) { c.rule = Rule::once; }),
            "clauses[0].rule: once judges whether what was found is what was ordered, which "
            "compute.product does not measure; it serves 1-5-9, 1-4-8, zero_wrong");
  EXPECT_EQ(refusal_of([](Clause& c) { c.rule = Rule::poisson; }),
            "clauses[0].rule: poisson counts events, which compute.product does not measure; it "
            "serves 1-5-9, 1-4-8, zero_wrong");
}

TEST(MakePlan, RefusesALimitOfAnotherDimension) {
  EXPECT_EQ(refusal_of([](Clause& c) { c.params["input"] = "s8"; }),
            "clauses[0].at_least: compute.product with input s8 gives OP/s, not B/s");
}

TEST(Warnings, AreNoneForASoundContract) {
  Contract contract = fleet();
  contract.inventory[0].nodes = 10;
  EXPECT_EQ(plan_of(contract).warnings, std::vector<std::string>{});
}

TEST(Warnings, SayThatAFleetNeedsARemedy) {
  EXPECT_EQ(plan_of(fleet()).warnings,
            std::vector<std::string>{"clauses[0].scope: each of 800 items must be accepted and the "
                                     "contract has no remedy: one that is unlucky rejects the "
                                     "whole"});
}

/// The warnings of a fleet with a remedy and one clause more, on the system.
std::vector<std::string> warnings_with(const Clause& clause) {
  Contract contract = fleet_with_remedy("1 %", 1);
  contract.clauses[0].rule = Rule::sign_1_4_8;
  contract.clauses.push_back(clause);
  contract.clauses.back().rule = Rule::sign_1_4_8;
  return plan_of(contract).warnings;
}

TEST(Warnings, SayThatASystemLimitIsImpliedByThoseOnItems) {
  const std::vector<std::string> implied{
      "clauses[1].at_least: already implied by the limits on single items, which make 80.00 TB/s; "
      "where they hold it adds nothing, and alone it tolerates dead items"};
  EXPECT_EQ(warnings_with(on_the_system("80 TB/s", Aggregate::sum)), implied);
  EXPECT_EQ(warnings_with(on_the_system("80 TB/s", Aggregate::slowest_times_count)), implied);
  EXPECT_TRUE(warnings_with(on_the_system("80.001 TB/s", Aggregate::sum)).empty());
}

TEST(Warnings, DoNotCountOnAdvisoryLimitsOrOtherParameters) {
  Clause other = on_the_system("80 TB/s", Aggregate::sum);
  other.params["size"] = "8";
  EXPECT_TRUE(warnings_with(other).empty());
  Contract contract = fleet();
  contract.clauses[0].weight = Weight::advisory;
  contract.clauses.push_back(on_the_system("80 TB/s", Aggregate::sum));
  EXPECT_TRUE(plan_of(contract).warnings.empty());
}

TEST(Warnings, SayThatASystemLimitIsOutOfReach) {
  Clause clause = on_the_system("160.1 TB/s", Aggregate::sum);
  clause.plausible = q("300 TB/s");
  EXPECT_EQ(warnings_with(clause),
            std::vector<std::string>{"clauses[1].at_least: out of reach: what is plausible for "
                                     "single items makes 160.0 TB/s"});
}

TEST(Warnings, SayThatDaysAreTooFewOrTooMany) {
  Contract contract = fleet();
  contract.inventory[0].nodes = 1;
  contract.days = 2;
  EXPECT_EQ(plan_of(contract).warnings,
            std::vector<std::string>{"sessions.days: 2; what is common to a day can't be seen "
                                     "within it, 3 or more are usual"});
  contract.days = 11;
  EXPECT_EQ(plan_of(contract).warnings,
            std::vector<std::string>{"sessions.days: 11; the 10 runs of a look can't be on more "
                                     "than 10 days, so nothing is decided before the second look"});
}

TEST(Warnings, SayThatAStartSkewIsNoSmallPartOfTheWindow) {
  Contract contract = fleet();
  contract.inventory[0].nodes = 10;
  contract.conditions.start_skew = q("601 ms");
  contract.clauses[0].window = q("60 s");
  EXPECT_EQ(plan_of(contract).warnings,
            std::vector<std::string>{
                "clauses[0].window: conditions.start_skew '601 ms' is 1.001 % of '60 s', more than "
                "1 %, and makes a guard band of 1.162 %"});
  contract.conditions.start_skew = q("600 ms");
  EXPECT_TRUE(plan_of(contract).warnings.empty());
}

TEST(Warnings, SayThatARetestNeedsTheStricterRuleAndABurstIsNotSustained) {
  Contract contract = fleet_with_remedy("1 %", 1);
  contract.clauses[0].window = q("59 s");
  EXPECT_EQ(plan_of(contract).warnings,
            (std::vector<std::string>{
                "remedy: a replaced item is judged again, and two tries by 1-5-9 have a false "
                "accept of up to 7.6 %; by 1-4-8 it is 3.9 %",
                "clauses[0].window: '59 s' is a burst; what is sustained shows after a minute or "
                "more"}));
}

TEST(PlanJson, IsCanonicalAndListsEveryRun) {
  Contract contract = fleet();
  contract.clauses.push_back(day_without_a_wrong_result());
  const auto json = read_canonical_json(plan_json(plan_of(contract)));
  ASSERT_TRUE(json) << json.error().message;
  const Json::Array& rounds = *json->find("rounds")->array();
  ASSERT_EQ(rounds.size(), 30U);
  EXPECT_EQ(rounds[0].find("clauses")->array()->size(), 2U);
  EXPECT_EQ(rounds[1].find("clauses")->array()->size(), 1U);
  EXPECT_EQ(*json->find("schema")->text(), "assay.plan/1");
}

TEST(PlanJson, HasTheSameDigestOnEveryMachine) {
  EXPECT_EQ(hex(sha256(plan_json(plan_of(fleet())))),
            "6554240eb7616d9bbe43a0af509c1370380f4e87afd6e000776479d351e34627");
}

Contract looked_at() {
  Contract contract = fleet();
  contract.clauses.push_back({.id = "H-1",
                              .case_id = "system.health",
                              .population = {"gpus"},
                              .scope = Scope::each_node,
                              .params = {{"nvlink_recoveries", "none"},
                                         {"remapped_rows", "8"},
                                         {"thermal_slowdown", "none"},
                                         {"xid_counted", "any"}},
                              .rule = Rule::once});
  return contract;
}

std::vector<Case> with_health() {
  return {product(),
          finding_case({.id = "system.health", .scopes = {Scope::each_gpu, Scope::each_node}})};
}

TEST(Plan, LooksAtHealthBeforeItMeasures) {
  const auto plan = make_plan(looked_at(), with_health());
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->clauses.back().case_id, "system.health");
  EXPECT_EQ(run_order(*plan).front(), plan->clauses.size() - 1);
  EXPECT_EQ(run_order(*plan).size(), plan->clauses.size());
  EXPECT_EQ(run_order(*plan)[1], 0U);
}

TEST(Plan, BudgetsTwoLooksAtHealthAndALinkOfTheNonceForTheLastOne) {
  const auto plan = make_plan(looked_at(), with_health());
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->clauses[1].runs, 2U);
  EXPECT_EQ(to_decimal(plan->clauses[1].attempts), "200");
  EXPECT_EQ(to_decimal(plan->clauses[1].bytes), "8240000");  // 200 x 1,200 + 1,600 x 5,000
  EXPECT_EQ(plan->rounds.size(), 30U);
  EXPECT_EQ(plan->nonce_links, make_plan(fleet(), with_health())->nonce_links + 1);
}

TEST(Plan, RefusesAnOrderThatNothingCanBeComparedWith) {
  Contract contract = looked_at();
  contract.inventory[0].gpus.reset();
  contract.clauses.erase(contract.clauses.begin());
  const auto refused = make_plan(contract, with_health());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "clauses[0].population: inventory line 'gpus' has no gpus, whose health could be "
            "judged");
  contract = looked_at();
  contract.clauses[1].params.erase("xid_counted");
  EXPECT_FALSE(make_plan(contract, with_health()));
}

}  // namespace
}  // namespace assay
