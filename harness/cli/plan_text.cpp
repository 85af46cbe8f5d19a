#include "harness/cli/plan_text.h"

#include <ostream>

#include "harness/cli/console.h"
#include "harness/cli/plan_risks.h"
#include "harness/model/as_ordered.h"
#include "harness/model/how_many.h"

namespace assay {
namespace {

constexpr Natural k_second_ns = 1'000'000'000;
constexpr std::uint32_t k_runs_per_look = 10;

std::string duration(Natural ns) {
  return for_people({ns, k_second_ns}, Dimension::time);
}

std::string size(Natural bytes) {
  return for_people({bytes, 1}, Dimension::bytes);
}

/// "at least 1620 TFLOP/s, rule 1-5-9, provisional"
std::string promise_of(const Clause& clause) {
  std::string text;
  if (clause.limit) {
    text = (clause.comparator == Comparator::at_least ? "at least " : "at most ") +
           clause.limit->text + ", ";
  }
  return text + "rule " + std::string(name_of(clause.rule)) + ", " +
         (clause.provisional ? "provisional" : std::string(name_of(clause.weight)));
}

/// "8000 items, 30 runs: soak 60 s, window 300 s, all at once"
std::string effort_of(const Clause& clause, const PlannedClause& planned) {
  std::string text = how_many(planned.items, "item");
  if (planned.parts != planned.items) {
    text += " of " + how_many(planned.parts, "part");
  }
  if (is_finding(planned.case_id)) {
    return text + ", " + how_many(planned.runs, "look") + ": one after the other, nothing runs";
  }
  text += ", " + how_many(planned.runs, "run") + ": ";
  text += clause.soak ? "soak " + clause.soak->text + ", " : "";
  text += clause.window ? "window " + clause.window->text + ", " : "";
  return text +
         (planned.concurrent == Concurrency::one_at_a_time ? "one at a time" : "all at once");
}

std::string cost_of(const PlannedClause& planned) {
  const std::string first = planned.first_look == planned.runs
                                ? ""
                                : duration(planned.first_look_ns) + " to the first look, ";
  return first + duration(planned.total_ns) + " in all; " + size(planned.bytes);
}

/// "guard band 0.1160 %; at least 402.6 MB of memory on each device"
std::string needs_of(const PlannedClause& planned) {
  if (is_finding(planned.case_id)) {
    return "executes nothing";
  }
  const std::string memory = planned.device_bytes == 0
                                 ? "memory by the size of the caches"
                                 : "at least " + size(planned.device_bytes) + " of memory";
  const std::string band = for_people({planned.guard_band_ppb, 1'000'000'000}, Dimension::percent);
  return (planned.guard_band_ppb == 0 ? "" : "guard band " + band + "; ") + memory +
         (planned.params.contains("ranks") ? ", all ranks together" : " on each device");
}

std::string risks_text(const PlannedClause& planned) {
  const auto risks = risks_of(planned);
  if (!risks) {
    return "";
  }
  std::string text = "buyer " + risks->buyer;
  text += planned.items > 1 ? " (all items: " + risks->buyer_fleet + ")" : "";
  text +=
      "; supplier " + risks->supplier + " at +1.5 sd, 0.05 at +" + risks->supplier_margin + " sd";
  text += planned.allowance > 0 ? "; " + std::to_string(planned.allowance) + " replaceable" : "";
  return text;
}

void print_clause(const Clause& clause, const PlannedClause& planned, std::ostream& out) {
  out << '\n'
      << wrapped(planned.id + "  " + planned.case_id + " on " +
                     std::string(name_of(planned.scope)) + ": " + promise_of(clause),
                 0);
  std::string params;
  for (const auto& [name, value] : planned.params) {
    params.append(params.empty() ? "" : ", ").append(name).append(" ").append(value);
  }
  for (const std::string& line : {params, effort_of(clause, planned), cost_of(planned),
                                  needs_of(planned), risks_text(planned)}) {
    out << (line.empty() ? "" : wrapped(line, 4));
  }
}

/// Which runs of a look are on which of its days: "day 1: 1-4, day 2: 5-7".
std::string days_of(const Plan& plan) {
  std::string text;
  for (std::size_t i = 0; i < plan.rounds.size() && i < k_runs_per_look; ++i) {
    const std::uint32_t day = plan.rounds[i].day;
    std::size_t last = i;
    while (last + 1 < plan.rounds.size() && last + 1 < k_runs_per_look &&
           plan.rounds[last + 1].day == day) {
      ++last;
    }
    text += (text.empty() ? "" : ", ") + std::string("day ") + std::to_string(day + 1) + ": " +
            (last == i ? "run " : "runs " + std::to_string(i + 1) + "-") + std::to_string(last + 1);
    i = last;
  }
  return text;
}

}  // namespace

void print_plan(const Contract& contract, const Plan& plan, const PlanDigests& digests,
                std::ostream& out) {
  out << wrapped("Plan of '" + plan.contract + "' (" + std::string(name_of(plan.purpose)) +
                     "): " + how_many(contract.inventory.size(), "inventory line") + ", " +
                     how_many(plan.nodes, "node") + ", " + how_many(plan.items, "item") + ", " +
                     how_many(plan.clauses.size(), "clause"),
                 0)
      << "contract " << digests.contract << "\nplan     " << digests.plan << '\n';
  for (std::size_t i = 0; i < plan.clauses.size(); ++i) {
    print_clause(contract.clauses[i], plan.clauses[i], out);
  }
  out << '\n'
      << wrapped("Each look: " + days_of(plan) + ". " + how_many(plan.nonce_links, "link") +
                     " of the buyer's nonce.",
                 0)
      << wrapped(
             "One clause after the other, without start costs: " + duration(plan.first_look_ns) +
                 " to the first look, " + duration(plan.total_ns) + " if every look is needed; " +
                 how_many(plan.attempts, "attempt") + ", " + size(plan.bytes) + ".",
             0);
  out << wrapped(
      "Risks: the buyer's, that an item exactly at its limit is accepted; the supplier's, that a "
      "clause is missed though the medians of all items lie so many run-to-run standard deviations "
      "(sd) beyond the limit. A look is 10 runs.",
      0);
  for (const std::string& warning : plan.warnings) {
    out << wrapped("warning: " + warning, 0);
  }
}

}  // namespace assay
