// What no contract may be, but for its limits.
#include "tests/model/validate_support.h"

namespace assay {
namespace {

using namespace testing_validate;  // NOLINT(google-build-using-namespace): the helpers of these
                                   // tests

TEST(Validate, AcceptsASoundContract) {
  EXPECT_EQ(refusal_of(sound()), "accepted");
  Contract with_time = sound();
  with_time.clauses.push_back(latency());
  EXPECT_EQ(refusal_of(with_time), "accepted");
}

TEST(Validate, RefusesAFrameThatIsNone) {
  const std::string identifier =
      "' is no plain identifier: letters, digits, '.', '_' and '-', at most 64, beginning with a "
      "letter or digit";
  expect_refusals({
      {[](Contract& c) { c.id = "a b"; }, "id: 'a b" + identifier},
      {[](Contract& c) { c.buyer = ""; }, "parties.buyer.name: empty; a contract has two parties"},
      {[](Contract& c) { c.supplier = ""; },
       "parties.supplier.name: empty; a contract has two parties"},
      {[](Contract& c) { c.days = 0; },
       "sessions.days: from 1 to 60, on how many days the runs are spread"},
      {[](Contract& c) { c.days = 61; },
       "sessions.days: from 1 to 60, on how many days the runs are spread"},
      {[](Contract& c) { c.max_invalid = 11; },
       "max_invalid: from 0 to 10, how many attempts per item and clause the buyer may take on "
       "himself"},
      {[](Contract& c) { c.clauses.clear(); },
       "clauses: empty; a contract without clauses promises nothing"},
      {[](Contract& c) { c.clauses.assign(10'001, c.clauses[0]); }, "clauses: more than 10000"},
  });
}

TEST(Validate, RefusesConditionsBeyondTheirBounds) {
  expect_refusals({
      {[](Contract& c) { c.conditions.block_gap.reset(); },
       "conditions.block_gap: missing; every tolerance stands in the contract, none in the "
       "program"},
      {[](Contract& c) { c.conditions.block_gap = q("2.1 %"); },
       "conditions.block_gap: '2.1 %' is not within 0 % to 2 %"},
      {[](Contract& c) { c.conditions.block_gap = q("1 s"); },
       "conditions.block_gap: '1 s' is not within 0 % to 2 %"},
      {[](Contract& c) { c.conditions.clock_disagreement.reset(); },
       "conditions.clock_disagreement: missing; every tolerance stands in the contract, none in "
       "the "
       "program"},
      {[](Contract& c) { c.conditions.clock_disagreement = q("0.11 %"); },
       "conditions.clock_disagreement: '0.11 %' is not within 0 % to 0.1 %"},
      {[](Contract& c) { c.conditions.session_spread = q("5.1 %"); },
       "conditions.session_spread: '5.1 %' is not within 0 % to 5 %"},
      {[](Contract& c) { c.conditions.start_skew = q("1.1 s"); },
       "conditions.start_skew: '1.1 s' is not within 1 us to 1 s"},
  });
}

TEST(Validate, RefusesAStartSkewThatDrownsTheWindow) {
  expect_refusals({
      {[](Contract& c) {
         c.conditions.start_skew = q("1 s");
         c.clauses[0].window = q("1 s");
       },
       "clauses[0].window: '1 s' with conditions.start_skew '1 s' makes a guard band of 100.0 %; "
       "above 10 % a run says nothing about its limit"},
      {[](Contract& c) {
         c.conditions.start_skew = q("87 ms");
         c.clauses[1].window = q("1 s");
       },
       "clauses[1].window: '1 s' with conditions.start_skew '87 ms' makes a guard band of 10.11 %; "
       "above 10 % a run says nothing about its limit"},
  });
  Contract contract = sound();
  contract.conditions.start_skew = q("86 ms");
  contract.clauses[0].window = q("1 s");
  EXPECT_EQ(refusal_of(contract), "accepted") << "9.998 %";
  contract.conditions.start_skew = q("1 s");
  contract.clauses[0].concurrent = Concurrency::one_at_a_time;
  EXPECT_EQ(refusal_of(contract), "accepted") << "items one at a time have no common start";
}

TEST(Validate, AllowsADemonstrationACoarserClock) {
  Contract contract = sound();
  contract.purpose = Purpose::demonstration;
  contract.conditions.clock_disagreement = q("1 %");
  EXPECT_EQ(refusal_of(contract), "accepted");
  contract.conditions.clock_disagreement = q("1.1 %");
  EXPECT_EQ(refusal_of(contract),
            "conditions.clock_disagreement: '1.1 %' is not within 0 % to 1 %");
}

TEST(Validate, RefusesARemedyWithoutBounds) {
  expect_refusals({
      {[](Contract& c) { c.remedy = Remedy{}; },
       "remedy.replacements: missing; every tolerance stands in the contract, none in the program"},
      {[](Contract& c) {
         c.remedy = Remedy{q("11 %"), 1};
       },
       "remedy.replacements: '11 %' is not within 0 % to 10 %"},
      {[](Contract& c) {
         c.remedy = Remedy{q("1 %"), 0};
       },
       "remedy.per_slot: from 1 to 10, how often one place may be replaced"},
  });
}

TEST(Validate, RefusesAnInventoryThatCantBeJudged) {
  expect_refusals({
      {[](Contract& c) { c.inventory.clear(); },
       "inventory: empty; a contract without items can be neither met nor missed"},
      {[](Contract& c) { c.inventory.push_back(c.inventory[0]); },
       "inventory[1].id: 'b200' stands twice"},
      {[](Contract& c) { c.inventory[0].id = "b/200"; },
       "inventory[0].id: 'b/200' is no plain identifier"},
      {[](Contract& c) { c.inventory[0].id = "system"; },
       "inventory[0].id: 'system' is the name of the whole"},
      {[](Contract& c) { c.inventory[0].kind = ""; },
       "inventory[0].kind: '' is no plain identifier"},
      {[](Contract& c) { c.inventory[0].nodes = 0; }, "inventory[0].nodes: from 1 to 100000"},
      {[](Contract& c) { c.inventory[0].nodes = 100'001; }, "inventory[0].nodes: from 1 to 100000"},
      {[](Contract& c) { c.inventory[0].spares = 11; },
       "inventory[0].spares: more spares than nodes"},
      {[](Contract& c) { c.inventory[0].links = 1025; },
       "inventory[0].links: from 0 to 1024, per node"},
      {[](Contract& c) { c.inventory[0].gpus->model = ""; },
       "inventory[0].gpus.model: empty; it is compared with what is found"},
      {[](Contract& c) { c.inventory[0].gpus->count = 0; },
       "inventory[0].gpus.count: from 1 to 1024, per node"},
      {[](Contract& c) { c.inventory[0].gpus->memory = q("180 W"); },
       "inventory[0].gpus.memory: '180 W' is no amount of memory"},
      {[](Contract& c) { c.inventory[0].gpus->power_limit = q("0 W"); },
       "inventory[0].gpus.power_limit: '0 W' is no power limit"},
      {[](Contract& c) {
         c.inventory[0].nodes = 100'000;
         c.inventory[0].gpus->count = 20;
       },
       "inventory[0].nodes: more than 2000000 items in all"},
  });
}

TEST(Validate, RefusesClausesWithoutAnIdOfTheirOwn) {
  expect_refusals({
      {[](Contract& c) { c.clauses[1].id = "C-1"; }, "clauses[1].id: 'C-1' stands twice"},
      {[](Contract& c) { c.clauses[0].id = "C 1"; },
       "clauses[0].id: 'C 1' is no plain identifier: letters, digits, '.', '_' and '-', at most "
       "64, "
       "beginning with a letter or digit"},
      {[](Contract& c) { c.clauses[0].case_id = "gemm"; },
       "clauses[0].case: 'gemm' is no case; a case is called area.noun"},
      {[](Contract& c) { c.clauses[0].defect_class = 4; },
       "clauses[0].defect_class: 1 (prevents operation), 2 (hinders it) or 3 (slight)"},
  });
}

TEST(Validate, RefusesAPopulationThatIsNone) {
  expect_refusals({
      {[](Contract& c) { c.clauses[0].population.clear(); },
       "clauses[0].population: empty; a clause binds somebody"},
      {[](Contract& c) { c.clauses[0].population = {"h100"}; },
       "clauses[0].population: the inventory has no line 'h100'"},
      {[](Contract& c) {
         c.clauses[0].population = {"b200", "b200"};
       },
       "clauses[0].population: 'b200' stands twice"},
      {[](Contract& c) { c.inventory[0].gpus.reset(); },
       "clauses[0].scope: each_gpu, but inventory line 'b200' has no gpus"},
      {[](Contract& c) { c.clauses[0].scope = Scope::each_link; },
       "clauses[0].scope: each_link, but inventory line 'b200' has no links"},
  });
}

TEST(Validate, RefusesAMeasurementWithoutWindowOrConcurrency) {
  expect_refusals({
      {[](Contract& c) { c.clauses[0].window.reset(); },
       "clauses[0].window: missing; a burst and a sustained value are different quantities"},
      {[](Contract& c) { c.clauses[0].window = q("99 ms"); },
       "clauses[0].window: '99 ms' is not within 100 ms to 720 h"},
      {[](Contract& c) { c.clauses[0].window = q("300 GB"); },
       "clauses[0].window: '300 GB' is not within 100 ms to 720 h"},
      {[](Contract& c) { c.clauses[0].soak = q("25 h"); },
       "clauses[0].soak: '25 h' is not within 0 s to 24 h"},
      {[](Contract& c) { c.clauses[0].concurrent = Concurrency::unstated; },
       "clauses[0].concurrent: missing; all_items or one_at_a_time, there is no default: together "
       "items are slower than alone"},
      {[](Contract& c) { c.clauses[0].params["m"] = "8 192"; },
       "clauses[0].params.m: '8 192' is neither a word nor a whole number"},
  });
}

TEST(Validate, AsksNoTypesOfOperationsOnFiles) {
  Contract contract = sound();
  for (Clause& clause : contract.clauses) {
    clause.case_id = "storage.metadata";
    clause.params = {{"op", "create"}};
    clause.limit = q("10 kOP/s");
    clause.every_run.reset();
    clause.plausible = q("20 kOP/s");
  }
  EXPECT_EQ(refusal_of(contract), "accepted");
  contract.clauses[0].case_id = "storage.files";
  EXPECT_EQ(refusal_of(contract).find("clauses[0].params.input: missing"), 0U);
}

TEST(Validate, SaysWhyAFlopLimitNeedsAllItsQualifiers) {
  const std::string why =
      "missing; without types, sparsity, emulation, operands, shape and power limit one exaflop "
      "can "
      "be 111, 222 or 291 B200s";
  for (const char* name : {"input", "accumulate", "output", "sparsity", "emulation", "operands"}) {
    Contract contract = sound();
    contract.clauses[0].params.erase(name);
    EXPECT_EQ(refusal_of(contract), "clauses[0].params." + std::string(name) + ": " + why);
  }
  expect_refusals({
      {[](Contract& c) {
         for (const char* name : {"m", "n", "k"}) {
           c.clauses[0].params.erase(name);
         }
       },
       "clauses[0].params: no shape (m, n, k), which is " + why},
      {[](Contract& c) { c.inventory[0].gpus->power_limit.reset(); },
       "clauses[0].population: inventory line 'b200' states no gpus.power_limit, which is " + why},
      {[](Contract& c) { c.clauses[1].aggregate = Aggregate::none; },
       "clauses[1].aggregate: missing; a system's value is a sum, slowest_times_count, minimum or "
       "quantile, which differ"},
  });
}

TEST(Validate, AsksTheSameQualifiersOfOperationsThatAreNoFlops) {
  Contract contract = sound();
  contract.clauses[0].limit = q("3000 TOP/s");
  contract.clauses[0].every_run.reset();
  contract.clauses[0].plausible = q("4500 TOP/s");
  contract.clauses[0].params.erase("sparsity");
  EXPECT_EQ(refusal_of(contract).find("clauses[0].params.sparsity: missing"), 0U);
}

TEST(Validate, TakesALookForNoMeasurement) {
  Contract contract = sound();
  contract.clauses.resize(1);
  Clause& look = contract.clauses[0];
  look = Clause{.id = "I-1", .case_id = "system.inventory", .population = {"b200"}};
  look.scope = Scope::each_gpu;
  look.rule = Rule::once;
  EXPECT_NE(refusal_of(contract).find("they would be taken over unmeasured"), std::string::npos)
      << refusal_of(contract);
}

TEST(Validate, NeedsNoWindowForAnInspection) {
  Contract contract = sound();
  contract.clauses.push_back(
      {.id = "I-1", .case_id = "system.inventory", .population = {"b200"}, .rule = Rule::once});
  EXPECT_EQ(refusal_of(contract), "accepted");
}

TEST(Validate, RefusesAnAcceptanceThatLeavesGpusUnmeasured) {
  Contract contract = sound();
  for (Clause& clause : contract.clauses) {
    clause.scope = Scope::each_node;
    clause.aggregate = Aggregate::none;
  }
  EXPECT_EQ(refusal_of(contract),
            "inventory[0]: no mandatory clause measures the GPUs of 'b200'; they would be taken "
            "over unmeasured");
}

TEST(Validate, RefusesAnAcceptanceThatMeasuresOnlyGpusOrOnlyLinks) {
  Contract contract = sound();
  ASSERT_EQ(refusal_of(contract), "accepted");
  contract.inventory[0].links = 4;
  EXPECT_EQ(refusal_of(contract),
            "inventory[0]: no mandatory clause measures the links of 'b200'; they would be taken "
            "over unmeasured");
  Clause links = contract.clauses[0];
  links.id = "C-links";
  links.scope = Scope::each_link;
  contract.clauses.push_back(links);
  EXPECT_EQ(refusal_of(contract), "accepted");
  contract.clauses = {links};
  EXPECT_EQ(refusal_of(contract),
            "inventory[0]: no mandatory clause measures the GPUs of 'b200'; they would be taken "
            "over unmeasured");
  contract.purpose = Purpose::prevalidation;
  EXPECT_EQ(refusal_of(contract), "accepted");
}

TEST(Validate, RefusesAnAcceptanceThatLeavesALineUnmeasured) {
  expect_refusals({
      {[](Contract& c) { c.inventory.push_back({.id = "rtx", .kind = "rtx-pro", .nodes = 1}); },
       "inventory[1]: no mandatory clause binds 'rtx'; an acceptance needs one for every line, or "
       "its items would be taken over unmeasured"},
      {[](Contract& c) {
         c.clauses.pop_back();
         c.clauses[0].weight = Weight::advisory;
       },
       "clauses: none is mandatory, so nothing measured could miss the contract (provisional and "
       "advisory clauses decide nothing)"},
      {[](Contract& c) {
         c.clauses.pop_back();
         c.clauses[0].provisional = true;
         c.clauses[0].freeze_not_below = q("1200 TFLOP/s");
       },
       "clauses: none is mandatory, so nothing measured could miss the contract (provisional and "
       "advisory clauses decide nothing)"},
  });
  Contract contract = sound();
  contract.purpose = Purpose::prevalidation;
  contract.inventory.push_back({.id = "rtx", .kind = "rtx-pro", .nodes = 1});
  EXPECT_EQ(refusal_of(contract), "accepted");
}

}  // namespace
}  // namespace assay
