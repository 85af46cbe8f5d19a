// The rules on whom a clause binds and how it is measured.
#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "harness/model/checks.h"
#include "harness/model/step_size.h"
#include "harness/model/validate.h"

namespace assay {
namespace {

const InventoryLine* find_line(const Contract& contract, std::string_view id) {
  const auto found = std::find_if(contract.inventory.begin(), contract.inventory.end(),
                                  [id](const InventoryLine& line) { return line.id == id; });
  return found == contract.inventory.end() ? nullptr : &*found;
}

void check_population(Checks& checks, const Contract& contract, const Clause& clause) {
  checks.require(!clause.population.empty(), "population", "empty; a clause binds somebody");
  std::set<std::string, std::less<>> seen;
  for (const std::string& id : clause.population) {
    const InventoryLine* line = find_line(contract, id);
    if (line == nullptr) {
      checks.fail("population", "the inventory has no line '" + id + "'");
      return;
    }
    checks.require(seen.insert(id).second, "population", "'" + id + "' stands twice");
    checks.require(clause.scope != Scope::each_gpu || line->gpus, "scope",
                   "each_gpu, but inventory line '" + id + "' has no gpus");
    checks.require(clause.scope != Scope::each_link || line->links > 0, "scope",
                   "each_link, but inventory line '" + id + "' has no links");
  }
}

void check_time(Checks& checks, std::string_view member, const std::optional<Quantity>& value,
                const Bounds& bounds) {
  if (value) {
    const std::string fault = out_of(bounds, *value);
    checks.require(fault.empty(), member, fault);
  }
}

void check_times(Checks& checks, const Clause& clause) {
  checks.require(clause.window || clause.rule == Rule::once, "window",
                 "missing; a burst and a sustained value are different quantities");
  check_time(checks, "window", clause.window, {Dimension::time, "100 ms", "720 h"});
  check_time(checks, "soak", clause.soak, {Dimension::time, "0 s", "24 h"});
  checks.require(clause.concurrent != Concurrency::unstated || clause.rule == Rule::once,
                 "concurrent",
                 "missing; all_items or one_at_a_time, there is no default: together items are "
                 "slower than alone");
}

void check_params(Checks& checks, const Clause& clause) {
  for (const auto& [name, value] : clause.params) {
    checks.require(is_identifier(name), "params", "'" + name + "' is no plain identifier");
    checks.require(is_identifier(value), "params." + name,
                   "'" + value + "' is neither a word nor a whole number");
  }
}

/// Of numbers, not of files.
bool is_operations(const Clause& clause) {
  return clause.case_id != k_metadata_case && clause.limit &&
         (clause.limit->dimension == Dimension::flop_rate ||
          clause.limit->dimension == Dimension::op_rate);
}

/// A FLOP/s or OP/s limit means something only with all of this said.
void check_qualifiers(Checks& checks, const Contract& contract, const Clause& clause) {
  constexpr std::array<std::string_view, 6> k_needed{"input",    "accumulate", "output",
                                                     "sparsity", "emulation",  "operands"};
  const std::string why =
      "missing; without types, sparsity, emulation, operands, shape and power limit one exaflop "
      "can "
      "be 111, 222 or 291 B200s";
  for (const std::string_view name : k_needed) {
    checks.require(clause.params.count(std::string(name)) == 1, "params." + std::string(name), why);
  }
  const bool has_shape =
      std::any_of(clause.params.begin(), clause.params.end(),
                  [](const auto& param) { return natural_from(param.second).has_value(); });
  checks.require(has_shape, "params", "no shape (m, n, k), which is " + why);
  for (const std::string& id : clause.population) {
    const InventoryLine* line = find_line(contract, id);
    checks.require(line == nullptr || !line->gpus || line->gpus->power_limit, "population",
                   std::string("inventory line '")
                       .append(id)
                       .append("' states no gpus.power_limit, which is ")
                       .append(why));
  }
}

}  // namespace

std::optional<Error> fault_of_clause(const Contract& contract, std::size_t index) {
  const Clause& clause = contract.clauses[index];
  Checks checks("clauses[" + std::to_string(index) + "]");
  checks.require(is_identifier(clause.case_id) && clause.case_id.find('.') != std::string::npos,
                 "case", "'" + clause.case_id + "' is no case; a case is called area.noun");
  check_population(checks, contract, clause);
  check_times(checks, clause);
  check_params(checks, clause);
  if (is_operations(clause)) {
    check_qualifiers(checks, contract, clause);
  }
  checks.require(clause.defect_class >= 1 && clause.defect_class <= 3, "defect_class",
                 "1 (prevents operation), 2 (hinders it) or 3 (slight)");
  return checks.error();
}

}  // namespace assay
