#include "reports/contract_json.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace assay {
namespace {

const std::string k_sound = R"({
  "schema": "assay.contract/1", "id": "two-nodes", "purpose": "acceptance",
  "title": {"en": "Two nodes", "de-AT": "Zwei Knoten"},
  "parties": {"buyer": {"name": "B"}, "supplier": {"name": "S"}},
  "inventory": [{"id": "b200", "kind": "dgx-b200", "nodes": 2, "spares": 1, "links": 18,
                 "gpus": {"model": "NVIDIA B200", "count": 8, "memory": "180 GB",
                          "power_limit": "1000 W"}}],
  "sessions": {"days": 3},
  "conditions": {"block_gap": "1 %", "clock_disagreement": "0.01 %", "session_spread": "0.2 %",
                 "start_skew": "1 ms"},
  "remedy": {"replacements": "0.5 %", "per_slot": 2}, "max_invalid": 3,
  "clauses": [
    {"id": "C-1", "title": {"en": "GEMM"}, "case": "compute.gemm", "population": "b200",
     "scope": "each_gpu", "concurrent": "all_items",
     "params": {"input": "bf16", "accumulate": "f32", "output": "bf16", "sparsity": "dense",
                "emulation": "forbidden", "operands": "integers", "m": 8192, "n": "8192", "k": 1},
     "soak": "60 s", "window": "300 s", "rule": "1-5-9", "at_least": "1620 TFLOP/s",
     "every_run_at_least": "1571 TFLOP/s", "at_most_plausible": "2382 TFLOP/s",
     "weight": "mandatory", "defect_class": 2, "source": "somewhere"},
    {"id": "C-2", "case": "network.latency", "population": ["b200"], "scope": "system",
     "concurrent": "one_at_a_time", "window": "1 s", "rule": "1-4-8", "at_most": "12 us",
     "every_run_at_most": "15 us", "at_least_plausible": "5 us", "aggregate": "quantile",
     "quantile": "99 %", "weight": "mandatory", "provisional": true, "freeze_not_below": "14 us"},
    {"id": "C-3", "case": "system.errors", "population": "b200", "scope": "each_node",
     "concurrent": "all_items", "window": "72 h", "rule": "poisson", "at_most_events": 2,
     "weight": "advisory"},
    {"id": "C-4", "case": "network.link", "population": "b200", "scope": "each_link",
     "concurrent": "one_at_a_time", "window": "1 s", "rule": "1-5-9", "at_least": "40 GB/s",
     "at_most_plausible": "100 GB/s", "weight": "mandatory"}]})";

/// The sound contract with one piece of its text exchanged.
std::string with(const std::string& old_text, const std::string& new_text) {
  std::string text = k_sound;
  const auto place = text.find(old_text);
  EXPECT_NE(place, std::string::npos) << old_text;
  return text.replace(place, old_text.size(), new_text);
}

std::string refusal_of(const std::string& text) {
  const auto contract = read_contract(text);
  return contract ? "accepted" : contract.error().message;
}

TEST(ReadContract, RefusesInOneLineWhateverIsQuoted) {
  const std::string text =
      R"({"schema":"assay.contract/1","id":"a\nb","purpose":"demonstration",)"
      R"("title":{"en":"t"},"parties":{"buyer":{"name":"b"},)"
      R"("supplier":{"name":"s"}},"inventory":[{"id":"h","kind":"x","nodes":1}],)"
      R"("sessions":{"days":1},"conditions":{"block_gap":"1 %",)"
      R"("clock_disagreement":"1 %"},"clauses":[]})";
  const auto refused = read_contract(text);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message.find('\n'), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().message.find("id: 'a?b"), std::string::npos) << refused.error().message;
}

TEST(ReadContract, ReadsEveryMember) {
  const auto contract = read_contract(k_sound);
  ASSERT_TRUE(contract) << contract.error().message;
  EXPECT_EQ(contract->id, "two-nodes");
  EXPECT_EQ(contract->purpose, Purpose::acceptance);
  EXPECT_EQ(contract->title.at("de-AT"), "Zwei Knoten");
  EXPECT_EQ(contract->buyer, "B");
  EXPECT_EQ(contract->supplier, "S");
  EXPECT_EQ(contract->days, 3U);
  EXPECT_EQ(contract->max_invalid, 3U);
  EXPECT_EQ(contract->remedy->replacements->text, "0.5 %");
  EXPECT_EQ(contract->remedy->per_slot, 2U);
  EXPECT_EQ(contract->conditions.block_gap->text, "1 %");
  EXPECT_EQ(contract->conditions.clock_disagreement->text, "0.01 %");
  EXPECT_EQ(contract->conditions.session_spread->text, "0.2 %");
  EXPECT_EQ(contract->conditions.start_skew->text, "1 ms");
  const InventoryLine& line = contract->inventory.at(0);
  EXPECT_EQ(line.id + " " + line.kind, "b200 dgx-b200");
  EXPECT_EQ(line.nodes, 2U);
  EXPECT_EQ(line.spares, 1U);
  EXPECT_EQ(line.links, 18U);
  EXPECT_EQ(line.gpus->model, "NVIDIA B200");
  EXPECT_EQ(line.gpus->count, 8U);
  EXPECT_EQ(line.gpus->memory->text, "180 GB");
  EXPECT_EQ(line.gpus->power_limit->text, "1000 W");
}

TEST(ReadContract, ReadsAClauseWithALimitFromBelow) {
  const auto contract = read_contract(k_sound);
  ASSERT_TRUE(contract) << contract.error().message;
  const Clause& clause = contract->clauses.at(0);
  EXPECT_EQ(clause.id + " " + clause.case_id, "C-1 compute.gemm");
  EXPECT_EQ(clause.title.at("en"), "GEMM");
  EXPECT_EQ(clause.population, std::vector<std::string>{"b200"});
  EXPECT_EQ(clause.scope, Scope::each_gpu);
  EXPECT_EQ(clause.concurrent, Concurrency::all_items);
  EXPECT_EQ(clause.params.at("m") + clause.params.at("n") + clause.params.at("k"), "819281921");
  EXPECT_EQ(clause.soak->text, "60 s");
  EXPECT_EQ(clause.window->text, "300 s");
  EXPECT_EQ(clause.rule, Rule::sign_1_5_9);
  EXPECT_EQ(clause.comparator, Comparator::at_least);
  EXPECT_EQ(clause.limit->text, "1620 TFLOP/s");
  EXPECT_EQ(clause.every_run->text, "1571 TFLOP/s");
  EXPECT_EQ(clause.plausible->text, "2382 TFLOP/s");
  EXPECT_EQ(clause.aggregate, Aggregate::none);
  EXPECT_TRUE(is_mandatory(clause));
  EXPECT_EQ(clause.defect_class, 2U);
  EXPECT_EQ(clause.source, "somewhere");
}

TEST(ReadContract, ReadsAClauseWithALimitFromAboveAndOneThatCountsEvents) {
  const auto contract = read_contract(k_sound);
  ASSERT_TRUE(contract) << contract.error().message;
  const Clause& time = contract->clauses.at(1);
  EXPECT_EQ(time.comparator, Comparator::at_most);
  EXPECT_EQ(time.limit->text, "12 us");
  EXPECT_EQ(time.every_run->text, "15 us");
  EXPECT_EQ(time.plausible->text, "5 us");
  EXPECT_EQ(time.aggregate, Aggregate::quantile);
  EXPECT_EQ(time.quantile->text, "99 %");
  EXPECT_TRUE(time.provisional && !is_mandatory(time));
  EXPECT_EQ(time.freeze_not_below->text, "14 us");
  EXPECT_EQ(time.defect_class, 1U);
  const Clause& events = contract->clauses.at(2);
  EXPECT_EQ(events.rule, Rule::poisson);
  EXPECT_EQ(events.at_most_events, 2U);
  EXPECT_EQ(events.weight, Weight::advisory);
}

TEST(ReadContract, RefusesUnknownMembersWithTheirPlace) {
  const auto unknown = [](const std::string& anchor, const std::string& place) {
    EXPECT_EQ(refusal_of(with(anchor, anchor + R"("colour": "red", )")),
              place + ": is not a known member");
  };
  unknown("{\n  ", "colour");
  unknown(R"("parties": {)", "parties.colour");
  unknown(R"("buyer": {)", "parties.buyer.colour");
  unknown(R"("inventory": [{)", "inventory[0].colour");
  unknown(R"("gpus": {)", "inventory[0].gpus.colour");
  unknown(R"("sessions": {)", "sessions.colour");
  unknown(R"("conditions": {)", "conditions.colour");
  unknown(R"("remedy": {)", "remedy.colour");
  unknown(R"({"id": "C-2", )", "clauses[1].colour");
}

TEST(ReadContract, RefusesAWordInOneLineWhateverItHolds) {
  EXPECT_EQ(refusal_of(with(R"("purpose": "acceptance")", R"("purpose": "accept\n\u001b[2J")")),
            "purpose: 'accept??[2J' is not one of: acceptance, prevalidation, regression, "
            "demonstration");
}

TEST(ReadContract, RefusesMissingMembersWithTheirPlace) {
  const auto missing = [](const std::string& piece, const std::string& place) {
    EXPECT_EQ(refusal_of(with(piece, "")), place + ": is missing");
  };
  missing(R"("schema": "assay.contract/1", )", "schema");
  missing(R"("id": "two-nodes", )", "id");
  missing(R"("sessions": {"days": 3},)", "sessions");
  missing(R"("nodes": 2, )", "inventory[0].nodes");
  missing(R"("count": 8, )", "inventory[0].gpus.count");
  missing(R"("case": "compute.gemm", )", "clauses[0].case");
  missing(R"("population": "b200",
     "scope": "each_gpu", )",
          "clauses[0].population");
  missing(R"("rule": "1-5-9", )", "clauses[0].rule");
  missing(R"("weight": "mandatory", "defect_class": 2, )", "clauses[0].weight");
}

TEST(ReadContract, RefusesAnotherSchema) {
  EXPECT_EQ(refusal_of(with("assay.contract/1", "assay.contract/2")),
            "schema: 'assay.contract/2' is not 'assay.contract/1'");
}

TEST(ReadContract, RefusesDuplicateMembers) {
  EXPECT_NE(refusal_of(with(R"("at_least": "1620 TFLOP/s")",
                            R"("at_least": "1620 TFLOP/s", "at_leas\u0074": "1 TFLOP/s")"))
                .find("stands twice"),
            std::string::npos);
}

TEST(ReadContract, SaysWhyABareNumberIsNoLimit) {
  EXPECT_EQ(refusal_of(with(R"("1620 TFLOP/s")", "1620")),
            "clauses[0].at_least: a bare number has no unit, so nobody can say what was promised: "
            "write a string such as \"1620 TFLOP/s\"");
  EXPECT_EQ(refusal_of(with(R"("1620 TFLOP/s")", R"("1620")")),
            "clauses[0].at_least: '1620' has no unit, so nobody can say what was promised: write a "
            "number, one space and one of " +
                known_units());
  EXPECT_EQ(refusal_of(with(R"("1620 TFLOP/s")", R"("1620 TFLOPS")")),
            "clauses[0].at_least: '1620 TFLOPS' has the unknown unit 'TFLOPS': known are " +
                known_units());
  EXPECT_EQ(refusal_of(with(R"("1620 TFLOP/s")", "null")),
            "clauses[0].at_least: must be a string, not null");
}

TEST(ReadContract, RefusesASecondLimitAndTheOtherSidesBounds) {
  EXPECT_EQ(refusal_of(with(R"("at_most": "12 us")", R"("at_most": "12 us", "at_least": "1 us")")),
            "clauses[1].at_most: stands beside at_least; a clause has one limit");
  EXPECT_EQ(refusal_of(with("every_run_at_least", "every_run_at_most")),
            "clauses[0].every_run_at_most: does not go with at_least");
  EXPECT_EQ(refusal_of(with("at_most_plausible", "at_least_plausible")),
            "clauses[0].at_least_plausible: does not go with at_least");
  EXPECT_EQ(refusal_of(with("every_run_at_most", "every_run_at_least")),
            "clauses[1].every_run_at_least: does not go with at_most");
  EXPECT_EQ(refusal_of(with("at_least_plausible", "at_most_plausible")),
            "clauses[1].at_most_plausible: does not go with at_most");
}

TEST(ReadContract, RefusesWordsItDoesNotKnow) {
  EXPECT_EQ(refusal_of(with(R"("acceptance")", R"("party")")),
            "purpose: 'party' is not one of: acceptance, prevalidation, regression, demonstration");
  EXPECT_EQ(refusal_of(with("each_gpu", "each_cpu")),
            "clauses[0].scope: 'each_cpu' is not one of: each_gpu, each_node, each_link, system");
  EXPECT_EQ(refusal_of(with("all_items", "unstated")),
            "clauses[0].concurrent: 'unstated' is not one of: all_items, one_at_a_time");
  EXPECT_EQ(refusal_of(with("1-5-9", "best-of-3")),
            "clauses[0].rule: 'best-of-3' is not one of: 1-5-9, 1-4-8, once, zero_wrong, poisson");
  EXPECT_EQ(refusal_of(with(R"("quantile",)", R"("none",)")),
            "clauses[1].aggregate: 'none' is not one of: sum, slowest_times_count, minimum, "
            "quantile");
  EXPECT_EQ(refusal_of(with("advisory", "optional")),
            "clauses[2].weight: 'optional' is not one of: mandatory, advisory");
}

TEST(ReadContract, RefusesTheWrongKindOfValue) {
  EXPECT_EQ(refusal_of("[]"), "the document: must be an object, not an array");
  EXPECT_EQ(refusal_of(with(R"("m": 8192)", R"("m": 8192.5)")),
            "clauses[0].params.m: must be a word or a whole number from 0");
  EXPECT_EQ(refusal_of(with(R"("m": 8192)", R"("m": -1)")),
            "clauses[0].params.m: must be a word or a whole number from 0");
  EXPECT_EQ(refusal_of(with(R"(["b200"])", "[7]")),
            "clauses[1].population: must be an inventory line's id or an array of them");
  EXPECT_EQ(refusal_of(with(R"("nodes": 2)", R"("nodes": 4294967296)")),
            "inventory[0].nodes: more than 4294967295");
  EXPECT_EQ(refusal_of(with(R"("nodes": 2)", R"("nodes": -2)")),
            "inventory[0].nodes: must be a whole number from 0");
  EXPECT_EQ(refusal_of(with("de-AT", "deutsch")),
            "title: 'deutsch' is no language such as 'en' or 'de'");
  EXPECT_EQ(refusal_of(with(R"("GEMM")", R"("")")),
            "clauses[0].title.en: must be a string that is not empty");
}

TEST(ReadContract, AppliesTheRulesOnContent) {
  EXPECT_EQ(refusal_of(with(R"("id": "C-2")", R"("id": "C-1")")),
            "clauses[1].id: 'C-1' stands twice");
  EXPECT_EQ(refusal_of(with(R"(["b200"])", "[]")),
            "clauses[1].population: empty; a clause binds somebody");
}

TEST(ReadContract, ReadsTheDemonstrationForThisHost) {
  std::ifstream file(ASSAY_SOURCE_DIR "/contracts/this-host.json");
  std::ostringstream text;
  text << file.rdbuf();
  const auto contract = read_contract(text.str());
  ASSERT_TRUE(contract) << contract.error().message;
  EXPECT_EQ(contract->clauses.size(), 11U);
}

}  // namespace
}  // namespace assay
