// One clause of a contract, from JSON.
#include "reports/contract_members.h"

namespace assay {
namespace {

std::vector<std::string> population_of(Members& members) {
  const Json* value = members.optional("population");
  if (value == nullptr || value->array() == nullptr) {
    return {members.text("population")};
  }
  std::vector<std::string> lines;
  for (const Json& line : *value->array()) {
    if (line.text() == nullptr) {
      members.fail("population", "must be an inventory line's id or an array of them");
      return {};
    }
    lines.push_back(*line.text());
  }
  return lines;
}

Params params_of(Members& members) {
  Params params;
  if (!members.has("params")) {
    return params;
  }
  const Json* object = members.object("params");
  if (object == nullptr) {
    return params;
  }
  for (const auto& [name, value] : *object->object()) {
    if (value.text() != nullptr) {
      params.emplace(name, *value.text());
    } else if (value.whole() != nullptr && *value.whole() >= 0) {
      params.emplace(name, std::to_string(*value.whole()));
    } else {
      members.fail("params." + name, "must be a word or a whole number from 0");
    }
  }
  return params;
}

/// Exactly one of the two spellings of a member may stand, and it decides the comparator.
void read_limit(Members& members, Clause& clause) {
  const bool at_most = members.has("at_most");
  clause.comparator = at_most ? Comparator::at_most : Comparator::at_least;
  if (at_most && members.has("at_least")) {
    members.fail("at_most", "stands beside at_least; a clause has one limit");
  }
  const char* other_floor = at_most ? "every_run_at_least" : "every_run_at_most";
  const char* other_bound = at_most ? "at_most_plausible" : "at_least_plausible";
  for (const char* other : {other_floor, other_bound}) {
    if (members.has(other)) {
      members.fail(other, at_most ? "does not go with at_most" : "does not go with at_least");
    }
  }
  clause.limit = quantity_of(members, at_most ? "at_most" : "at_least");
  clause.every_run = quantity_of(members, at_most ? "every_run_at_most" : "every_run_at_least");
  clause.plausible = quantity_of(members, at_most ? "at_least_plausible" : "at_most_plausible");
}

void read_rule(Members& members, Clause& clause) {
  clause.rule =
      word_of(members, "rule",
              {Rule::sign_1_5_9, Rule::sign_1_4_8, Rule::once, Rule::zero_wrong, Rule::poisson});
  if (members.has("aggregate")) {
    clause.aggregate = word_of(
        members, "aggregate",
        {Aggregate::sum, Aggregate::slowest_times_count, Aggregate::minimum, Aggregate::quantile});
  }
  clause.quantile = quantity_of(members, "quantile");
  if (members.has("at_most_events")) {
    clause.at_most_events = count_of(members, "at_most_events");
  }
  clause.weight = word_of(members, "weight", {Weight::mandatory, Weight::advisory});
  clause.defect_class = count_of(members, "defect_class", 1);
  clause.provisional = members.boolean_or("provisional", false);
  clause.freeze_not_below = quantity_of(members, "freeze_not_below");
}

}  // namespace

Result<Clause> read_clause(const Json& value, const std::string& place) {
  Members members(value, place);
  Clause clause;
  clause.id = members.text("id");
  clause.title = text_of(members, "title");
  clause.case_id = members.text("case");
  clause.population = population_of(members);
  clause.scope = word_of(members, "scope",
                         {Scope::each_gpu, Scope::each_node, Scope::each_link, Scope::system});
  if (members.has("concurrent")) {
    clause.concurrent =
        word_of(members, "concurrent", {Concurrency::all_items, Concurrency::one_at_a_time});
  }
  clause.params = params_of(members);
  clause.soak = quantity_of(members, "soak");
  clause.window = quantity_of(members, "window");
  read_limit(members, clause);
  read_rule(members, clause);
  clause.source = members.text_or("source", "");
  const auto done = members.done();
  if (!done) {
    return done.error();
  }
  return clause;
}

}  // namespace assay
