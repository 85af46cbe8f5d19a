#include "harness/model/judge.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "harness/model/judge_decision.h"
#include "harness/model/judge_index.h"
#include "harness/model/judge_rules.h"
#include "harness/model/judge_screen.h"
#include "harness/model/judge_system.h"
#include "harness/model/sign_plan.h"

namespace assay {
namespace {

bool counts_runs(Rule rule) {
  return !looks_of(rule).empty();
}

void decide_together(const Setting& setting, std::span<const Screened> parts, Verdict& verdict) {
  for (const Screened& part : parts) {
    verdict.attempts +=
        static_cast<std::uint32_t>(part.counted.size() + part.excused_rounds.size());
    verdict.excused += static_cast<std::uint32_t>(part.excused_rounds.size());
  }
  if (auto nothing = nothing_to_judge(parts)) {
    conclude(verdict, std::move(*nothing));
    return;
  }
  switch (setting.clause.rule) {
    case Rule::once: decide_once(parts, verdict); return;
    case Rule::zero_wrong: decide_zero_wrong(setting, parts, verdict); return;
    case Rule::poisson: decide_poisson(setting, parts, verdict); return;
    case Rule::sign_1_5_9:
    case Rule::sign_1_4_8: break;
  }
  std::vector<Run> runs;
  for (const Attempt* attempt : parts.front().counted) {
    runs.push_back(run_of(setting, *attempt));
  }
  decide_by_signs(setting, runs, verdict);
}

void judge_item(const Setting& setting, const ByItem& attempts, Verdict& verdict) {
  Screened screened = screen(setting, verdict.item, attempts.of(verdict.item), true);
  auto finding = std::exchange(screened.finding, std::nullopt);
  decide_together(setting, std::span(&screened, 1), verdict);
  if (finding) {
    conclude(verdict, std::move(*finding));
  }
}

/// A REJECT of any part, else its INVALID.
std::optional<Finding> worst_finding(std::span<const Screened> parts) {
  std::optional<Finding> worst;
  for (const Screened& part : parts) {
    if (!part.finding) {
      continue;
    }
    if (part.finding->outcome == Outcome::reject) {
      return part.finding;
    }
    worst = worst ? worst : part.finding;
  }
  return worst;
}

void decide_rounds(const Setting& setting, std::span<const Screened> parts, Verdict& verdict) {
  if (auto nothing = nothing_to_judge(parts)) {
    conclude(verdict, std::move(*nothing));
    return;
  }
  SystemRuns system = aggregate(setting, parts);
  verdict.attempts = static_cast<std::uint32_t>(system.runs.size() + system.excused_rounds.size());
  verdict.excused = static_cast<std::uint32_t>(system.excused_rounds.size());
  if (!system.finding && verdict.excused > setting.contract.max_invalid) {
    system.finding = Finding{Outcome::invalid, Reason::too_many_excused,
                             std::to_string(verdict.excused) +
                                 " rounds have an excused attempt; the contract allows " +
                                 std::to_string(setting.contract.max_invalid) + "."};
  }
  if (!system.finding && system.runs.empty()) {
    system.finding =
        Finding{Outcome::not_run, Reason::no_evidence, "Every round has an excused attempt."};
  }
  if (system.finding) {
    conclude(verdict, std::move(*system.finding));
    return;
  }
  decide_by_signs(setting, system.runs, verdict);
}

/// A REJECT outranks everything, and no ACCEPT stands beside what is none.
void take_worse(Verdict& verdict, const Verdict& other) {
  const bool is_worse = other.outcome == Outcome::reject ? verdict.outcome != Outcome::reject
                                                         : other.outcome != Outcome::accept &&
                                                               verdict.outcome == Outcome::accept;
  if (is_worse) {
    conclude(verdict, {other.outcome, other.reason, other.detail});
  }
}

void judge_parts(const Setting& setting, const std::vector<ItemIndex>& parts,
                 const ByItem& attempts, Verdict& verdict) {
  std::vector<Screened> screened;
  screened.reserve(parts.size());
  for (const ItemIndex part : parts) {
    screened.push_back(screen(setting, part, attempts.of(part), false));
    const auto is_old = [&setting](std::uint32_t round) {
      return round <= setting.renewed_after_round;
    };
    std::erase_if(screened.back().counted,
                  [&is_old](const Attempt* attempt) { return is_old(attempt->round); });
    std::erase_if(screened.back().excused_rounds, is_old);
  }
  const auto finding = worst_finding(screened);
  if (counts_runs(setting.clause.rule)) {
    decide_rounds(setting, screened, verdict);
  } else {
    decide_together(setting, screened, verdict);
  }
  if (finding) {
    conclude(verdict, *finding);
  }
}

/// A system is measured as one or in its parts. Where there is evidence of both, both must hold:
/// one attempt on the system hides nothing that its parts showed.
void judge_system(const Setting& setting, const std::vector<ItemIndex>& parts,
                  const ByItem& attempts, Verdict& verdict) {
  const bool as_one = setting.clause.aggregate == Aggregate::none &&
                      (parts.empty() || !attempts.of(verdict.item).empty());
  if (!as_one) {
    judge_parts(setting, parts, attempts, verdict);
    return;
  }
  judge_item(setting, attempts, verdict);
  const bool in_parts = std::any_of(parts.begin(), parts.end(), [&attempts](ItemIndex part) {
    return !attempts.of(part).empty();
  });
  if (in_parts) {
    Verdict of_parts;
    of_parts.item = verdict.item;
    judge_parts(setting, parts, attempts, of_parts);
    take_worse(verdict, of_parts);
  }
}

void tally(ClauseResult& result, const Verdict& verdict) {
  ++result.expected;
  result.reported += verdict.attempts > 0 ? 1U : 0U;
  result.replaced += verdict.generation > 0 ? 1U : 0U;
  switch (verdict.outcome) {
    case Outcome::accept: ++result.accepted; break;
    case Outcome::reject: ++result.rejected; break;
    case Outcome::inconclusive: ++result.inconclusive; break;
    case Outcome::invalid: ++result.invalid; break;
    case Outcome::not_run: ++result.not_run; break;
  }
}

/// The items a clause may have attempts of.
std::vector<bool> bound_items(const Clause& clause, const std::vector<ItemIndex>& items,
                              const std::vector<ItemIndex>& parts, std::size_t roster_size) {
  std::vector<bool> bound(roster_size, false);
  for (const ItemIndex part : parts) {
    bound[part] = true;
  }
  for (const ItemIndex item : items) {
    bound[item] = clause.scope != Scope::system || clause.aggregate == Aggregate::none;
  }
  return bound;
}

class Court {
 public:
  Court(const Contract& contract, const std::vector<Item>& roster, const Evidence& evidence)
      : contract_(contract),
        roster_(roster),
        evidence_(evidence),
        slots_(contract, roster, evidence),
        by_clause_(contract.clauses, evidence.attempts),
        reduced_(std::find(evidence.marks.begin(), evidence.marks.end(), "reduced") !=
                 evidence.marks.end()) {
    circumstances_.covered.assign(contract.inventory.size(), false);
    circumstances_.strays = by_clause_.strays().size();
    circumstances_.defects = slots_.defects();
  }

  Judgement judge() {
    Judgement judgement;
    for (std::size_t i = 0; i < contract_.clauses.size(); ++i) {
      judgement.clauses.push_back(judge_clause(i));
    }
    decide(contract_, roster_, evidence_, std::move(circumstances_), judgement);
    return judgement;
  }

 private:
  ClauseResult judge_clause(std::size_t number) {
    const Clause& clause = contract_.clauses[number];
    ClauseResult result;
    result.clause = clause.id;
    if (roster_.empty()) {
      return result;
    }
    const auto items = items_of(clause, contract_, roster_);
    const auto parts = parts_of(clause, contract_, roster_);
    const ByItem attempts(by_clause_.of(number), evidence_.attempts,
                          bound_items(clause, items, parts, roster_.size()));
    circumstances_.strays += attempts.strays().size();
    const Yardstick yardstick(contract_, clause, reduced_);
    const Agreement agreement(evidence_.attempts, voters(by_clause_.of(number)));
    Setting setting{contract_, clause, roster_, evidence_.attempts, slots_, yardstick, agreement};
    for (const ItemIndex part : parts) {
      setting.renewed_after_round =
          std::max(setting.renewed_after_round, slots_.node_renewed_after_round(part));
      if (is_mandatory(clause)) {
        circumstances_.covered[roster_[part].line] = true;
      }
    }
    for (const ItemIndex item : items) {
      Verdict verdict;
      verdict.item = item;
      verdict.generation = slots_.generation(item);
      if (clause.scope == Scope::system) {
        judge_system(setting, parts, attempts, verdict);
      } else {
        judge_item(setting, attempts, verdict);
      }
      tally(result, verdict);
      result.verdicts.push_back(std::move(verdict));
    }
    return result;
  }

  /// Of these attempts those that count, whatever replacements around their item superseded.
  [[nodiscard]] std::vector<std::uint32_t> voters(std::span<const std::uint32_t> attempts) const {
    std::vector<std::uint32_t> voters;
    for (const std::uint32_t index : attempts) {
      const Attempt& attempt = evidence_.attempts[index];
      if (attempt.item < roster_.size() && !attempt.excused &&
          attempt.number > slots_.renewed_after(attempt.item)) {
        voters.push_back(index);
      }
    }
    return voters;
  }

  const Contract& contract_;
  const std::vector<Item>& roster_;
  const Evidence& evidence_;
  Slots slots_;
  ByClause by_clause_;
  bool reduced_;
  Circumstances circumstances_;
};

}  // namespace

Judgement judge(const Contract& contract, const std::vector<Item>& roster,
                const Evidence& evidence) {
  return Court(contract, roster, evidence).judge();
}

}  // namespace assay
