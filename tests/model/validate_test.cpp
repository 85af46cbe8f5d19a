#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "harness/model/contract.h"

namespace assay {
namespace {

Quantity q(const char* text) {
  return *parse_quantity(text);
}

/// 10 nodes with 8 GPUs, one FLOP/s clause on each GPU and one on the system.
Contract sound() {
  Contract contract{.id = "sound", .buyer = "Buyer", .supplier = "Supplier", .days = 3};
  contract.inventory.push_back(
      {.id = "b200",
       .kind = "dgx-b200",
       .nodes = 10,
       .gpus = Gpus{
           .model = "NVIDIA B200", .count = 8, .memory = q("180 GB"), .power_limit = q("1000 W")}});
  contract.conditions.block_gap = q("1 %");
  contract.conditions.clock_disagreement = q("0.01 %");
  Clause clause{.id = "C-1",
                .case_id = "compute.gemm",
                .population = {"b200"},
                .scope = Scope::each_gpu,
                .concurrent = Concurrency::all_items};
  clause.params = {{"input", "bf16"},
                   {"accumulate", "f32"},
                   {"output", "bf16"},
                   {"sparsity", "dense"},
                   {"emulation", "forbidden"},
                   {"operands", "integers"},
                   {"m", "8192"},
                   {"n", "8192"},
                   {"k", "8192"}};
  clause.soak = q("60 s");
  clause.window = q("300 s");
  clause.limit = q("1620 TFLOP/s");
  clause.every_run = q("1571 TFLOP/s");
  clause.plausible = q("2382 TFLOP/s");
  contract.clauses.push_back(clause);
  clause.id = "C-2";
  clause.scope = Scope::system;
  clause.aggregate = Aggregate::sum;
  clause.limit = q("129.6 PFLOP/s");
  clause.every_run.reset();
  clause.plausible = q("190.5 PFLOP/s");
  contract.clauses.push_back(clause);
  return contract;
}

/// Rule on a time instead of a rate.
Clause latency() {
  Clause clause{.id = "L-1",
                .case_id = "network.latency",
                .population = {"b200"},
                .concurrent = Concurrency::one_at_a_time};
  clause.window = q("1 s");
  clause.comparator = Comparator::at_most;
  clause.limit = q("12 us");
  clause.every_run = q("15 us");
  clause.plausible = q("5 us");
  return clause;
}

std::string refusal_of(const Contract& contract) {
  const auto checked = validate(contract);
  return checked ? "accepted" : checked.error().message;
}

struct Fault {
  std::function<void(Contract&)> change;
  std::string message;
};

void expect_refusals(const std::vector<Fault>& faults) {
  for (const Fault& fault : faults) {
    Contract contract = sound();
    fault.change(contract);
    EXPECT_EQ(refusal_of(contract), fault.message);
  }
}

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
       "conditions.start_skew: '1.1 s' is not within 0 s to 1 s"},
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

TEST(Validate, RefusesALimitThatPromisesNothing) {
  expect_refusals({
      {[](Contract& c) { c.clauses[0].limit.reset(); },
       "clauses[0].at_least: missing; rule 1-5-9 compares runs with a limit"},
      {[](Contract& c) { c.clauses[0].limit = q("0 TFLOP/s"); },
       "clauses[0].at_least: '0 TFLOP/s' is not above zero"},
      {[](Contract& c) { c.clauses[0].comparator = Comparator::at_most; },
       "clauses[0].at_most: a rate is promised from below: at_least"},
      {[](Contract& c) { c.clauses[0].limit = q("12 us"); },
       "clauses[0].at_least: a time is promised from above: at_most"},
  });
}

TEST(Validate, CatchesASlippedDecimalPoint) {
  expect_refusals({
      {[](Contract& c) { c.clauses[0].plausible.reset(); },
       "clauses[0].at_most_plausible: missing; it is what catches a slipped decimal point and a "
       "value too good to be measured"},
      {[](Contract& c) { c.clauses[0].limit = q("162 TFLOP/s"); },
       "clauses[0].at_most_plausible: '2382 TFLOP/s' is more than a factor of 3 from the limit "
       "'162 "
       "TFLOP/s': has a decimal point slipped?"},
      {[](Contract& c) { c.clauses[0].limit = q("16200 TFLOP/s"); },
       "clauses[0].at_most_plausible: '2382 TFLOP/s' is not beyond the limit '16200 TFLOP/s'"},
      {[](Contract& c) { c.clauses[0].plausible = q("2382 GB/s"); },
       "clauses[0].at_most_plausible: '2382 GB/s' is of another kind than the limit '1620 "
       "TFLOP/s'"},
      {[](Contract& c) { c.clauses[0].plausible = q("4860.1 TFLOP/s"); },
       "clauses[0].at_most_plausible: '4860.1 TFLOP/s' is more than a factor of 3 from the limit "
       "'1620 TFLOP/s': has a decimal point slipped?"},
  });
  expect_refusals({
      {[](Contract& c) { c.clauses[0].plausible = q("1620 TFLOP/s"); },
       "clauses[0].at_most_plausible: '1620 TFLOP/s' is not beyond the limit '1620 TFLOP/s'"},
      {[](Contract& c) {
         c.conditions.session_spread = q("5 %");
         c.clauses[0].plausible = q("1700 TFLOP/s");
       },
       "clauses[0].at_most_plausible: '1700 TFLOP/s' is within the guard band of the limit '1620 "
       "TFLOP/s', so that no run can be plausible and meet it"},
  });
  Contract contract = sound();
  contract.clauses[0].plausible = q("4860 TFLOP/s");
  EXPECT_EQ(refusal_of(contract), "accepted");
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

TEST(Validate, AllowsADemonstrationTrivialLimits) {
  Contract contract = sound();
  contract.purpose = Purpose::demonstration;
  contract.clauses[0].every_run.reset();
  contract.clauses[0].limit = q("1 GFLOP/s");
  EXPECT_EQ(refusal_of(contract), "accepted");
}

TEST(Validate, MirrorsPlausibilityForTimes) {
  const auto with = [](const std::function<void(Clause&)>& change) {
    Contract contract = sound();
    contract.clauses.push_back(latency());
    change(contract.clauses.back());
    return refusal_of(contract);
  };
  EXPECT_EQ(with([](Clause& c) { c.plausible = q("13 us"); }),
            "clauses[2].at_least_plausible: '13 us' is not beyond the limit '12 us'");
  EXPECT_EQ(with([](Clause& c) { c.plausible = q("11.9 us"); }),
            "clauses[2].at_least_plausible: '11.9 us' is within the guard band of the limit '12 "
            "us', so that no run can be plausible and meet it");
  EXPECT_EQ(with([](Clause& c) { c.plausible = q("3.9 us"); }),
            "clauses[2].at_least_plausible: '3.9 us' is more than a factor of 3 from the limit '12 "
            "us': has a decimal point slipped?");
  EXPECT_EQ(with([](Clause& c) { c.every_run = q("11 us"); }),
            "clauses[2].every_run_at_most: '11 us' is stricter than the limit '12 us'");
}

TEST(Validate, KeepsTheFloorOfEveryRunOnTheLosingSide) {
  expect_refusals({
      {[](Contract& c) { c.clauses[0].every_run = q("1621 TFLOP/s"); },
       "clauses[0].every_run_at_least: '1621 TFLOP/s' is stricter than the limit '1620 TFLOP/s'"},
      {[](Contract& c) { c.clauses[0].every_run = q("1571 GB/s"); },
       "clauses[0].every_run_at_least: '1571 GB/s' is of another kind than the limit '1620 "
       "TFLOP/s'"},
      {[](Contract& c) { c.clauses[0].every_run = q("0 TFLOP/s"); },
       "clauses[0].every_run_at_least: '0 TFLOP/s' is not above zero"},
  });
}

TEST(Validate, BindsAProvisionalLimitFromBelow) {
  expect_refusals({
      {[](Contract& c) { c.clauses[0].provisional = true; },
       "clauses[0].freeze_not_below: missing; a provisional limit without it could be frozen at "
       "anything"},
      {[](Contract& c) {
         c.clauses[0].provisional = true;
         c.clauses[0].freeze_not_below = q("1700 TFLOP/s");
       },
       "clauses[0].freeze_not_below: '1700 TFLOP/s' is stricter than the limit '1620 TFLOP/s'"},
      {[](Contract& c) { c.clauses[0].freeze_not_below = q("1200 TFLOP/s"); },
       "clauses[0].freeze_not_below: only for a provisional clause"},
  });
}

TEST(Validate, RefusesAnAggregateOfASingleItem) {
  expect_refusals({
      {[](Contract& c) { c.clauses[0].aggregate = Aggregate::minimum; },
       "clauses[0].aggregate: only for a limit on the system"},
      {[](Contract& c) { c.clauses[1].concurrent = Concurrency::one_at_a_time; },
       "clauses[1].concurrent: a system's sum needs one common window: all_items"},
      {[](Contract& c) { c.clauses[1].quantile = q("5 %"); },
       "clauses[1].quantile: only with aggregate quantile"},
      {[](Contract& c) { c.clauses[1].aggregate = Aggregate::quantile; },
       "clauses[1].quantile: missing; say which, in %"},
      {[](Contract& c) {
         c.clauses[1].aggregate = Aggregate::quantile;
         c.clauses[1].quantile = q("100 %");
       },
       "clauses[1].quantile: '100 %' is not between 0 % and 100 %"},
      {[](Contract& c) {
         c.clauses[1].aggregate = Aggregate::quantile;
         c.clauses[1].quantile = q("0 %");
       },
       "clauses[1].quantile: '0 %' is not between 0 % and 100 %"},
  });
}

TEST(Validate, RefusesValuesThatARuleWouldNotJudge) {
  expect_refusals({
      {[](Contract& c) { c.clauses[0].rule = Rule::zero_wrong; },
       "clauses[0].at_least: rule zero_wrong judges no such value"},
      {[](Contract& c) { c.clauses[0].at_most_events = 3; },
       "clauses[0].at_most_events: stands with rule poisson, and only there"},
      {[](Contract& c) {
         c.clauses[0].rule = Rule::poisson;
         c.clauses[0].limit.reset();
         c.clauses[0].every_run.reset();
         c.clauses[0].plausible.reset();
       },
       "clauses[0].at_most_events: stands with rule poisson, and only there"},
  });
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
