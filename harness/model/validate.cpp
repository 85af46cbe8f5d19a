// The rules on a contract as a whole: its parties, conditions and remedy, and that its clauses bind
// every item it delivers.
#include "harness/model/validate.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "harness/model/checks.h"
#include "harness/model/coverage.h"

namespace assay {
namespace {

constexpr std::size_t k_most_clauses = 10'000;
constexpr std::string_view k_no_identifier =
    "' is no plain identifier: letters, digits, '.', '_' and '-', at most 64, beginning with a "
    "letter or digit";

void check_required(Checks& checks, std::string_view member, const std::optional<Quantity>& value,
                    const Bounds& bounds) {
  if (!value) {
    checks.fail(member, "missing; every tolerance stands in the contract, none in the program");
  } else if (const std::string fault = out_of(bounds, *value); !fault.empty()) {
    checks.fail(member, fault);
  }
}

void check_optional(Checks& checks, std::string_view member, const std::optional<Quantity>& value,
                    const Bounds& bounds) {
  if (value) {
    check_required(checks, member, value, bounds);
  }
}

std::optional<Error> fault_of_conditions(const Contract& contract) {
  const Conditions& given = contract.conditions;
  const bool shown = contract.purpose == Purpose::demonstration;
  Checks checks("conditions");
  check_required(checks, "block_gap", given.block_gap, {Dimension::percent, "0 %", "2 %"});
  check_required(checks, "clock_disagreement", given.clock_disagreement,
                 {Dimension::percent, "0 %", shown ? "1 %" : "0.1 %"});
  check_optional(checks, "session_spread", given.session_spread,
                 {Dimension::percent, "0 %", "5 %"});
  check_optional(checks, "start_skew", given.start_skew, {Dimension::time, "1 us", "1 s"});
  return checks.error();
}

std::optional<Error> fault_of_remedy(const Contract& contract) {
  Checks checks("remedy");
  if (contract.remedy) {
    check_required(checks, "replacements", contract.remedy->replacements,
                   {Dimension::percent, "0 %", "10 %"});
    checks.require(contract.remedy->per_slot >= 1 && contract.remedy->per_slot <= 10, "per_slot",
                   "from 1 to 10, how often one place may be replaced");
  }
  return checks.error();
}

std::optional<Error> fault_of_frame(const Contract& contract) {
  Checks checks("");
  checks.require(is_identifier(contract.id), "id",
                 "'" + contract.id + std::string(k_no_identifier));
  checks.require(!contract.buyer.empty(), "parties.buyer.name",
                 "empty; a contract has two parties");
  checks.require(!contract.supplier.empty(), "parties.supplier.name",
                 "empty; a contract has two parties");
  checks.require(contract.days >= 1 && contract.days <= 60, "sessions.days",
                 "from 1 to 60, on how many days the runs are spread");
  checks.require(
      contract.max_invalid <= 10, "max_invalid",
      "from 0 to 10, how many attempts per item and clause the buyer may take on himself");
  checks.require(!contract.clauses.empty(), "clauses",
                 "empty; a contract without clauses promises "
                 "nothing");
  checks.require(contract.clauses.size() <= k_most_clauses, "clauses", "more than 10000");
  return checks.error();
}

/// Precondition: every clause names existing lines.
std::optional<Error> fault_of_cover(const Contract& contract) {
  std::set<std::string, std::less<>> covered;
  for (const Clause& clause : contract.clauses) {
    if (is_mandatory(clause)) {
      covered.insert(clause.population.begin(), clause.population.end());
    }
  }
  Checks checks("");
  checks.require(!covered.empty(), "clauses",
                 "none is mandatory, so nothing measured could miss the contract (provisional and "
                 "advisory clauses decide nothing)");
  for (std::size_t i = 0; i < contract.inventory.size(); ++i) {
    const std::string& id = contract.inventory[i].id;
    checks.require(contract.purpose != Purpose::acceptance || covered.count(id) == 1,
                   "inventory[" + std::to_string(i) + "]",
                   "no mandatory clause binds '" + id +
                       "'; an acceptance needs one for every line, or its items would be taken "
                       "over unmeasured");
    const std::string_view unmeasured = unmeasured_parts(contract, i);
    checks.require(contract.purpose != Purpose::acceptance || unmeasured.empty(),
                   "inventory[" + std::to_string(i) + "]",
                   std::string("no mandatory clause measures the ")
                       .append(unmeasured)
                       .append(" of '" + id + "'; they would be taken over unmeasured"));
  }
  return checks.error();
}

std::optional<Error> fault_of_clauses(const Contract& contract) {
  std::set<std::string, std::less<>> seen;
  for (std::size_t i = 0; i < contract.clauses.size(); ++i) {
    const std::string& id = contract.clauses[i].id;
    Checks checks("clauses[" + std::to_string(i) + "]");
    checks.require(is_identifier(id), "id", "'" + id + std::string(k_no_identifier));
    checks.require(seen.insert(id).second, "id", "'" + id + "' stands twice");
    if (checks.error()) {
      return checks.error();
    }
    if (auto fault = fault_of_clause(contract, i)) {
      return fault;
    }
    if (auto fault = fault_of_limit(contract, i)) {
      return fault;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string out_of(const Bounds& bounds, const Quantity& quantity) {
  const auto least = parse_quantity(bounds.least);
  const auto most = parse_quantity(bounds.most);
  if (quantity.dimension == bounds.dimension && least && most &&
      compare(quantity.base, least->base) >= 0 && compare(quantity.base, most->base) <= 0) {
    return "";
  }
  return "'" + quantity.text + "' is not within " + std::string(bounds.least) + " to " +
         std::string(bounds.most);
}

Result<Done> validate(const Contract& contract) {
  for (const auto& rule : {fault_of_frame, fault_of_inventory, fault_of_conditions, fault_of_remedy,
                           fault_of_clauses, fault_of_cover}) {
    if (const auto fault = rule(contract)) {
      return *fault;
    }
  }
  return Done{};
}

}  // namespace assay
