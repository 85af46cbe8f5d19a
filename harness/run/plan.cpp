#include "harness/run/plan.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <utility>

#include "harness/model/as_ordered.h"
#include "harness/model/judge.h"
#include "harness/model/roster.h"
#include "harness/model/sign_plan.h"
#include "harness/model/step_size.h"
#include "harness/model/units.h"
#include "kernels/footprint.h"

namespace assay {
namespace {

constexpr std::uint32_t k_runs_per_look = 10;
constexpr Natural k_journal_bytes = 1200;    // a begin and an end line
constexpr Natural k_gpu_facts_bytes = 5000;  // of one GPU with 18 links
constexpr Natural k_blob_bytes = 24;         // the head of a blob
constexpr Natural k_block_bytes = 72;        // nine columns of 8 bytes, a tenth of timed steps
constexpr Natural k_timed_bytes = 8;

/// Rounded up: a window is at least as long as the contract's.
Natural nanoseconds(const std::optional<Quantity>& time) {
  return time ? (time->base.numerator * 1'000'000'000 + time->base.denominator - 1) /
                    time->base.denominator
              : 0;
}

std::string place_of(std::size_t clause) {
  return "clauses[" + std::to_string(clause) + "].";
}

Error refuse(std::size_t clause, const std::string& sentence) {
  return {Error::Code::bad_input, place_of(clause) + sentence};
}

template <class List, class Name>
std::string listed(const List& list, Name name) {
  std::string text;
  for (const auto& element : list) {
    text += (text.empty() ? "" : ", ") + std::string(name(element));
  }
  return text;
}

/// What a run must yield for a rule to judge it.
std::string_view judged_by(Rule rule) {
  switch (rule) {
    case Rule::sign_1_5_9:
    case Rule::sign_1_4_8: return "judges a value of each run";
    case Rule::once: return "judges whether what was found is what was ordered";
    case Rule::zero_wrong: return "judges verified outputs";
    case Rule::poisson: return "counts events";
  }
  return "";
}

Result<const Case*> find_case(const Clause& clause, std::size_t index,
                              const std::vector<Case>& cases) {
  const auto found = std::find_if(cases.begin(), cases.end(),
                                  [&](const Case& known) { return known.id == clause.case_id; });
  if (found == cases.end()) {
    return refuse(index, "case: there is no case '" + clause.case_id + "'; known are " +
                             listed(cases, [](const Case& known) { return known.id; }));
  }
  const auto& scopes = found->scopes;
  if (std::find(scopes.begin(), scopes.end(), clause.scope) == scopes.end()) {
    return refuse(index, "scope: " + clause.case_id + " does not offer " +
                             std::string(name_of(clause.scope)) + ", only " +
                             listed(scopes, [](Scope scope) { return name_of(scope); }));
  }
  if (found->one_at_a_time && clause.concurrent != Concurrency::one_at_a_time) {
    return refuse(index, "concurrent: " + clause.case_id +
                             " is measured one_at_a_time: what shows its bytes counts those of all "
                             "GPUs of a node");
  }
  const auto& rules = found->rules;
  if (std::find(rules.begin(), rules.end(), clause.rule) == rules.end()) {
    return refuse(index, "rule: " + std::string(name_of(clause.rule)) + " " +
                             std::string(judged_by(clause.rule)) + ", which " + clause.case_id +
                             " does not measure; it serves " +
                             listed(rules, [](Rule rule) { return name_of(rule); }));
  }
  return &*found;
}

std::string unit_or_count(Dimension dimension) {
  const std::string_view unit = base_unit(dimension);
  return unit.empty() ? "a count" : std::string(unit);
}

/// Whether the limit has the dimension of the case's value.
Result<Done> check_dimension(const Clause& clause, std::size_t index, const Case& a_case,
                             const PlannedClause& planned) {
  if (!clause.limit || clause.limit->dimension == planned.dimension) {
    return Done{};
  }
  const Param* first = a_case.params.empty() ? nullptr : &a_case.params.front();
  const std::string with = first == nullptr ? ""
                                            : " with " + std::string(first->name) + " " +
                                                  planned.params.at(std::string(first->name));
  return refuse(index, std::string(name_of(clause.comparator)) + ": " + clause.case_id + with +
                           " gives " + unit_or_count(planned.dimension) + ", not " +
                           unit_or_count(clause.limit->dimension));
}

Result<PlannedClause> resolve(const Clause& clause, std::size_t index,
                              const std::vector<Case>& cases) {
  const auto a_case = find_case(clause, index, cases);
  if (!a_case) {
    return a_case.error();
  }
  PlannedClause planned;
  planned.id = clause.id;
  planned.case_id = clause.case_id;
  planned.scope = clause.scope;
  planned.concurrent = clause.concurrent;
  planned.rule = clause.rule;
  auto params = complete_params(**a_case, clause.params);
  if (!params) {
    return refuse(index, params.error().message);
  }
  planned.params = *std::move(params);
  if (clause.scope == Scope::system && times_each_step(clause.case_id, planned.params)) {
    return refuse(index, "scope: " + clause.case_id +
                             " times each step by itself with these parameters, not all nodes at "
                             "the same moments: no value of the system follows");
  }
  planned.looks_twice = looks_twice(clause.case_id);
  planned.on_host = (*a_case)->on_host;
  planned.repeats_wrong_step = (*a_case)->repeats_wrong_step;
  if (finds(**a_case)) {
    return planned;
  }
  const auto problem = (*a_case)->problem(planned.params);
  if (!problem) {
    return refuse(index, problem.error().message);
  }
  planned.device_bytes = least_bytes(*problem).value_or(0);
  planned.dimension = (*a_case)->dimension(planned.params);
  planned.work_per_step = work_per_step(**a_case, planned.params);
  const auto same = check_dimension(clause, index, **a_case, planned);
  if (!same) {
    return same.error();
  }
  return planned;
}

bool is_bound(const InventoryLine& line, const Clause& clause) {
  return std::find(clause.population.begin(), clause.population.end(), line.id) !=
         clause.population.end();
}

/// That hold its memory together; 1 where it has none.
Natural ranks_of(const PlannedClause& planned) {
  const auto ranks = planned.params.find("ranks");
  if (ranks == planned.params.end()) {
    return 1;
  }
  const auto count = natural_from(ranks->second);
  return count && *count > 0 ? *count : Natural{1};
}

/// Whether the GPUs, by what the inventory states of them, can hold what the clause runs on each.
Result<Done> check_memory(const Clause& clause, std::size_t index, const Contract& contract,
                          const PlannedClause& planned) {
  for (const InventoryLine& line : contract.inventory) {
    const bool binds = is_bound(line, clause);
    const Natural parts = ranks_of(planned);  // each on a GPU of its own
    const bool is_of_node = clause.scope == Scope::each_node && parts == 1;
    if (!binds || is_of_node || !line.gpus || !line.gpus->memory) {
      continue;
    }
    const Quantity& memory = *line.gpus->memory;
    const Natural needed = planned.device_bytes / parts;
    if (std::is_gt(compare({needed, 1}, memory.base))) {
      return refuse(index, "params: a run needs at least " +
                               for_people({needed, 1}, Dimension::bytes) +
                               " on each device, and inventory line '" + line.id +
                               "' states gpus.memory '" + memory.text + "'");
    }
  }
  return Done{};
}

/// What is found must be comparable with what each line of the population orders.
Result<Done> check_order(const Clause& clause, std::size_t index, const Contract& contract) {
  if (!is_finding(clause.case_id)) {
    return Done{};
  }
  for (const InventoryLine& line : contract.inventory) {
    const bool binds = is_bound(line, clause);
    const std::string fault =
        binds ? fault_of_order({.line = line, .clause = clause, .gpu = std::nullopt}) : "";
    if (!fault.empty()) {
      return refuse(index, fault);
    }
  }
  return Done{};
}

/// GPUs of all nodes that the clause binds.
Natural gpus_of(const Clause& clause, const Contract& contract) {
  Natural gpus = 0;
  for (const InventoryLine& line : contract.inventory) {
    const bool binds = is_bound(line, clause);
    gpus += binds && line.gpus ? Natural{line.nodes} * line.gpus->count : 0;
  }
  return gpus;
}

/// Times and bytes, once the number of items and parts is known.
void budget(PlannedClause& planned, const Clause& clause, const Contract& contract) {
  constexpr Natural k_minute = 60'000'000'000;
  constexpr Natural k_second = 1'000'000'000;
  constexpr Natural k_tenth = 100'000'000;
  const auto looks = looks_of(clause.rule);
  planned.first_look = looks.empty() ? 1 : looks.front().runs;
  planned.runs = looks.empty() ? (planned.looks_twice ? 2 : 1) : looks.back().runs;
  planned.soak_ns = nanoseconds(clause.soak);
  planned.window_ns = nanoseconds(clause.window);
  if (planned.window_ns > 0) {
    planned.block_ns = planned.window_ns >= k_minute ? k_second : k_tenth;
    planned.blocks = (planned.window_ns + planned.block_ns - 1) / planned.block_ns;
  }
  const Natural turns = planned.concurrent == Concurrency::one_at_a_time ? planned.parts : 1;
  const Natural one_run = (planned.soak_ns + planned.window_ns) * turns;
  planned.first_look_ns = one_run * planned.first_look;
  planned.total_ns = one_run * planned.runs;
  planned.attempts = Natural{planned.runs} * planned.parts;
  const Natural block =
      k_block_bytes + (times_each_step(clause.case_id, clause.params) ? k_timed_bytes : 0);
  const Natural blob = planned.blocks == 0 ? 0 : k_blob_bytes + block * planned.blocks;
  planned.bytes = planned.attempts * (k_journal_bytes + blob);
  if (is_finding(clause.case_id)) {
    planned.bytes += Natural{planned.runs} * gpus_of(clause, contract) * k_gpu_facts_bytes;
  }
}

/// The remedy counts each line by itself; a system can't be replaced.
std::uint64_t allowance_of(const Clause& clause, const Contract& contract,
                           const std::vector<Item>& roster) {
  if (!contract.remedy || clause.scope == Scope::system) {
    return 0;
  }
  const Ratio& share = contract.remedy->replacements->base;
  std::uint64_t allowance = 0;
  for (const std::string& line : clause.population) {
    Clause on_line{.population = {line}, .scope = clause.scope};
    const Natural items = items_of(on_line, contract, roster).size();
    allowance += static_cast<std::uint64_t>(
        quotient_floor(std::array{share.numerator, items}, share.denominator));
  }
  return allowance;
}

/// How many items each combination of scope and population has; most clauses share a few.
class Counter {
 public:
  explicit Counter(const Contract& contract) : contract_(contract), roster_(roster_of(contract)) {}

  void count(PlannedClause& planned, const Clause& clause) {
    const auto [entry, is_new] = known_.try_emplace({clause.scope, clause.population});
    if (is_new) {
      entry->second = {items_of(clause, contract_, roster_).size(),
                       parts_of(clause, contract_, roster_).size(),
                       allowance_of(clause, contract_, roster_)};
    }
    planned.items = entry->second.items;
    planned.parts = entry->second.parts;
    planned.allowance = entry->second.allowance;
  }
  [[nodiscard]] std::uint64_t items() const { return roster_.size(); }

 private:
  struct Counts {
    std::uint64_t items = 0, parts = 0, allowance = 0;
  };

  const Contract& contract_;
  std::vector<Item> roster_;
  std::map<std::pair<Scope, std::vector<std::string>>, Counts> known_;
};

/// Spreads the runs of each look over the contract's days, since an offset common to one day can't
/// be seen within it.
std::vector<PlannedRound> rounds_of(const Plan& plan) {
  std::uint32_t most = 0;
  for (const PlannedClause& clause : plan.clauses) {
    most = std::max(most, clause.looks_twice ? 1 : clause.runs);
  }
  std::vector<PlannedRound> rounds;
  for (std::uint32_t run = 0; run < most; ++run) {
    rounds.push_back(
        {run + 1, run / k_runs_per_look + 1, run % k_runs_per_look * plan.days / k_runs_per_look});
  }
  return rounds;
}

}  // namespace

bool has_last_look(const Plan& plan) {
  return std::any_of(plan.clauses.begin(), plan.clauses.end(),
                     [](const PlannedClause& clause) { return clause.looks_twice; });
}

bool has_collectives(const Plan& plan) {
  return std::any_of(plan.clauses.begin(), plan.clauses.end(), [](const PlannedClause& clause) {
    const auto ranks = clause.params.find("ranks");
    return times_each_step(clause.case_id, clause.params) && ranks != clause.params.end() &&
           ranks->second != "1";
  });
}

bool has_fio(const Plan& plan) {
  return std::any_of(plan.clauses.begin(), plan.clauses.end(), [](const PlannedClause& clause) {
    const auto engine = clause.params.find("engine");
    return engine != clause.params.end() && engine->second == k_fio_engine;
  });
}

bool has_gpu_files(const Plan& plan) {
  return std::any_of(plan.clauses.begin(), plan.clauses.end(),
                     [](const PlannedClause& clause) { return moves_gpu_files(clause.case_id); });
}

Result<Plan> make_plan(const Contract& contract, const std::vector<Case>& cases) {
  Plan plan{.contract = contract.id, .purpose = contract.purpose, .days = contract.days};
  for (const InventoryLine& line : contract.inventory) {
    plan.nodes += line.nodes;
  }
  Counter counter(contract);
  plan.items = counter.items();
  for (std::size_t i = 0; i < contract.clauses.size(); ++i) {
    auto planned = resolve(contract.clauses[i], i, cases);
    if (!planned) {
      return planned.error();
    }
    for (const Result<Done>& checked : {check_memory(contract.clauses[i], i, contract, *planned),
                                        check_order(contract.clauses[i], i, contract)}) {
      if (!checked) {
        return checked.error();
      }
    }
    planned->guard_band_ppb =
        contract.clauses[i].limit ? guard_band_ppb(contract, contract.clauses[i]) : 0;
    counter.count(*planned, contract.clauses[i]);
    budget(*planned, contract.clauses[i], contract);
    plan.first_look_ns += planned->first_look_ns;
    plan.total_ns += planned->total_ns;
    plan.attempts += planned->attempts;
    plan.bytes += planned->bytes;
    plan.clauses.push_back(*std::move(planned));
  }
  plan.rounds = rounds_of(plan);
  const auto runs = static_cast<std::uint32_t>(plan.rounds.size());
  plan.nonce_links = runs * (1 + (contract.remedy ? contract.remedy->per_slot : 0)) +
                     contract.max_invalid + (has_last_look(plan) ? 1 : 0);
  plan.warnings = warnings_of(contract, plan);
  return plan;
}

std::vector<std::size_t> run_order(const Plan& plan) {
  std::vector<std::size_t> order(plan.clauses.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_partition(order.begin(), order.end(), [&plan](std::size_t clause) {
    return is_finding(plan.clauses[clause].case_id);
  });
  return order;
}

std::map<std::string, Natural> work_per_step_of(const Plan& plan) {
  std::map<std::string, Natural> work;
  for (const PlannedClause& clause : plan.clauses) {
    if (clause.work_per_step) {
      work.emplace(clause.id, *clause.work_per_step);
    }
  }
  return work;
}

}  // namespace assay
