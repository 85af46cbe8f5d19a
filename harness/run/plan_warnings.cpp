// Nothing here refuses a contract: it says what its parties may not have seen.
#include <algorithm>
#include <string>

#include "harness/model/judge.h"
#include "harness/model/roster.h"
#include "harness/model/step_size.h"
#include "harness/run/plan.h"

namespace assay {
namespace {

constexpr Natural k_largest = ~Natural{0};
constexpr std::uint64_t k_fleet = 100;
constexpr std::uint32_t k_usual_days = 3;
constexpr std::uint32_t k_runs_per_look = 10;
/// Four times the largest L2 of the GPUs in shipped contracts: 126.5 MB, B200 (pytorch/ao PR 4002).
constexpr Natural k_sensible_mib = 512;
constexpr Natural k_minute_ns = 60'000'000'000;
constexpr std::uint64_t k_sensible_skew_ppb = 10'000'000;

bool counts_runs(Rule rule) {
  return rule == Rule::sign_1_5_9 || rule == Rule::sign_1_4_8;
}

std::string place_of(std::size_t clause, std::string_view member) {
  return "clauses[" + std::to_string(clause) + "]." + std::string(member) + ": ";
}

std::string percent_of(std::uint64_t ppb) {
  return for_people({ppb, 1'000'000'000}, Dimension::percent);
}

/// Whole base units, rounded down: enough for a warning about rates.
Natural whole(const Quantity& quantity) {
  return quantity.base.numerator / quantity.base.denominator;
}

Natural times(Natural a, Natural b) {
  return b != 0 && a > k_largest / b ? k_largest : a * b;
}

Natural plus(Natural a, Natural b) {
  return a > k_largest - b ? k_largest : a + b;
}

/// What the clauses on single items say about one line of a system's population.
struct PerItem {
  Natural count = 0;
  Natural limit = 0;      ///< The strictest mandatory one; 0 if there is none.
  Natural plausible = 0;  ///< The largest stated; 0 if there is none.
};

PerItem per_item(const Contract& contract, const Plan& plan, std::size_t system,
                 const InventoryLine& line) {
  const Scope scope = line.gpus ? Scope::each_gpu : Scope::each_node;
  PerItem found{.count = Natural{line.nodes} * (line.gpus ? line.gpus->count : 1)};
  for (std::size_t i = 0; i < contract.clauses.size(); ++i) {
    const Clause& clause = contract.clauses[i];
    const bool binds = std::find(clause.population.begin(), clause.population.end(), line.id) !=
                       clause.population.end();
    if (clause.scope != scope || !binds || !clause.limit || !clause.plausible ||
        plan.clauses[i].case_id != plan.clauses[system].case_id ||
        plan.clauses[i].params != plan.clauses[system].params) {
      continue;
    }
    found.plausible = std::max(found.plausible, whole(*clause.plausible));
    if (is_mandatory(clause)) {
      found.limit = std::max(found.limit, whole(*clause.limit));
    }
  }
  return found;
}

/// A system's value if every item of every line had the value given.
Natural combine(Aggregate aggregate, const std::vector<PerItem>& lines, Natural PerItem::*value) {
  Natural sum = 0;
  Natural count = 0;
  Natural least = k_largest;
  for (const PerItem& line : lines) {
    sum = plus(sum, times(line.count, line.*value));
    count += line.count;
    least = std::min(least, line.*value);
  }
  if (aggregate == Aggregate::sum) {
    return sum;
  }
  return aggregate == Aggregate::slowest_times_count ? times(count, least) : least;
}

/// Whether limits on single items already imply the system's, or can't reach it.
void compare_with_items(const Contract& contract, const Plan& plan, std::size_t index,
                        std::vector<std::string>& warnings) {
  const Clause& clause = contract.clauses[index];
  std::vector<PerItem> lines;
  for (const InventoryLine& line : contract.inventory) {
    if (std::find(clause.population.begin(), clause.population.end(), line.id) !=
        clause.population.end()) {
      lines.push_back(per_item(contract, plan, index, line));
    }
  }
  const auto all_have = [&lines](Natural PerItem::*value) {
    return std::all_of(lines.begin(), lines.end(),
                       [value](const PerItem& line) { return line.*value > 0; });
  };
  const std::string place = place_of(index, "at_least");
  const Dimension dimension = clause.limit->dimension;
  if (all_have(&PerItem::limit)) {
    const Ratio implied{combine(clause.aggregate, lines, &PerItem::limit), 1};
    if (compare(implied, clause.limit->base) >= 0) {
      warnings.push_back(place + "already implied by the limits on single items, which make " +
                         for_people(implied, dimension) +
                         "; where they hold it adds nothing, and alone it tolerates dead items");
    }
  }
  if (all_have(&PerItem::plausible)) {
    const Ratio reachable{combine(clause.aggregate, lines, &PerItem::plausible), 1};
    if (compare(reachable, clause.limit->base) < 0) {
      warnings.push_back(place + "out of reach: what is plausible for single items makes " +
                         for_people(reachable, dimension));
    }
  }
}

void look_at_clause(const Contract& contract, const Plan& plan, std::size_t index,
                    std::vector<std::string>& warnings) {
  const Clause& clause = contract.clauses[index];
  const PlannedClause& planned = plan.clauses[index];
  if (clause.scope == Scope::system && clause.limit && is_rate(clause.limit->dimension) &&
      clause.aggregate != Aggregate::quantile) {
    compare_with_items(contract, plan, index, warnings);
  }
  if (is_mandatory(clause) && counts_runs(clause.rule) && clause.scope != Scope::system &&
      planned.items >= k_fleet && !contract.remedy) {
    warnings.push_back(place_of(index, "scope") + "each of " + std::to_string(planned.items) +
                       " items must be accepted and the contract has no remedy: one that is "
                       "unlucky rejects the whole");
  }
  if (const auto skew = start_skew_ppb(contract, clause);
      clause.limit && skew > k_sensible_skew_ppb) {
    warnings.push_back(place_of(index, "window") + "conditions.start_skew '" +
                       contract.conditions.start_skew->text + "' is " + percent_of(skew) + " of '" +
                       clause.window->text + "', more than 1 %, and makes a guard band " + "of " +
                       percent_of(planned.guard_band_ppb));
  }
  if (const auto mib = planned.params.find("array_mib");
      contract.purpose == Purpose::acceptance && planned.case_id == k_memory_case &&
      mib != planned.params.end() && mib->second != k_by_caches &&
      *natural_from(mib->second) < k_sensible_mib) {
    warnings.push_back(place_of(index, "params.array_mib") + mib->second +
                       " MiB may lie in a cache; " + std::string(k_by_caches) +
                       " is four times the last-level caches of whatever machine it is");
  }
  if (planned.case_id == k_layer_case && planned.params.at("ranks") == "1") {
    warnings.push_back(place_of(index, "params.ranks") +
                       "one rank exchanges no gradients, so its step says nothing of a network");
  }
  if (contract.purpose == Purpose::acceptance && counts_runs(clause.rule) &&
      planned.window_ns < k_minute_ns) {
    warnings.push_back(place_of(index, "window") + "'" + clause.window->text +
                       "' is a burst; what is sustained shows after a minute or more");
  }
}

}  // namespace

std::vector<std::string> warnings_of(const Contract& contract, const Plan& plan) {
  std::vector<std::string> warnings;
  if (contract.purpose == Purpose::acceptance && contract.days < k_usual_days) {
    warnings.push_back("sessions.days: " + std::to_string(contract.days) +
                       "; what is common to a day can't be seen within it, 3 or more are usual");
  }
  if (contract.days > k_runs_per_look) {
    warnings.push_back("sessions.days: " + std::to_string(contract.days) +
                       "; the 10 runs of a look can't be on more than 10 days, so nothing is "
                       "decided before the second look");
  }
  const bool retested = std::any_of(
      contract.clauses.begin(), contract.clauses.end(),
      [](const Clause& clause) { return is_mandatory(clause) && clause.rule == Rule::sign_1_5_9; });
  if (contract.remedy && retested) {
    warnings.emplace_back(
        "remedy: a replaced item is judged again, and two tries by 1-5-9 have a false accept of up "
        "to 7.6 %; by 1-4-8 it is 3.9 %");
  }
  for (std::size_t i = 0; i < contract.clauses.size(); ++i) {
    look_at_clause(contract, plan, i, warnings);
  }
  return warnings;
}

}  // namespace assay
