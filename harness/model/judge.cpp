#include "harness/model/judge.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "harness/model/judge_decision.h"
#include "harness/model/judge_index.h"
#include "harness/model/judge_rules.h"
#include "harness/model/judge_screen.h"
#include "harness/model/judge_system.h"
#include "harness/model/sign_plan.h"
#include "harness/model/step_size.h"

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

/// A REJECT outranks everything, and no ACCEPT stands beside what is none.
void take_worse(Verdict& verdict, const Verdict& other, const std::string& why) {
  const bool is_worse = other.outcome == Outcome::reject ? verdict.outcome != Outcome::reject
                                                         : other.outcome != Outcome::accept &&
                                                               verdict.outcome == Outcome::accept;
  if (is_worse) {
    conclude(verdict, {other.outcome, other.reason, why + other.detail});
  }
}

const char* const k_unfounded =
    "No clause had found what was replaced wanting, so what was before counts, too: ";

/// Whether something in the item was replaced that nothing had been found against: what contains
/// it must pass again, but with what was before as well.
bool is_unfounded(const Setting& setting, ItemIndex item) {
  return setting.slots.renewed_after(item, Renewal::founded) <
         setting.slots.renewed_after(item, Renewal::any);
}

void judge_item_since(const Setting& setting, const ByItem& attempts, Renewal since,
                      Verdict& verdict) {
  Screened screened = screen(setting, verdict.item, attempts.of(verdict.item), {since, true});
  auto finding = std::exchange(screened.finding, std::nullopt);
  decide_together(setting, std::span(&screened, 1), verdict);
  if (finding) {
    conclude(verdict, std::move(*finding));
  }
}

void judge_item(const Setting& setting, const ByItem& attempts, Verdict& verdict) {
  judge_item_since(setting, attempts, Renewal::any, verdict);
  if (is_unfounded(setting, verdict.item)) {
    Verdict whole;
    whole.item = verdict.item;
    judge_item_since(setting, attempts, Renewal::founded, whole);
    take_worse(verdict, whole, k_unfounded);
  }
}

/// Whether a clause had found the device wanting that stood in the slot of `item` for the attempts
/// numbered over `since`, up to `until`: rejected, or open with a run that missed. One that only
/// had too few runs has shown nothing.
bool was_wanting(const Setting& setting, const ByItem& attempts, ItemIndex item,
                 const std::pair<std::uint64_t, std::uint64_t>& since_until) {
  Screened then;
  for (const std::uint32_t index : attempts.of(item)) {
    const Attempt& attempt = setting.attempts[index];
    if (!attempt.excused && attempt.number > since_until.first &&
        attempt.number <= since_until.second) {
      if (rejection(setting, attempt)) {
        return true;
      }
      then.counted.push_back(&attempt);
    }
  }
  if (setting.clause.scope == Scope::system) {
    return false;  // a part's own value is held against nothing there
  }
  std::sort(then.counted.begin(), then.counted.end(),
            [](const Attempt* a, const Attempt* b) { return a->number < b->number; });
  Verdict verdict;
  verdict.item = item;
  decide_together(setting, std::span(&then, 1), verdict);
  const bool only_short = verdict.below == 0 && (verdict.reason == Reason::too_few_runs ||
                                                 verdict.reason == Reason::too_few_days);
  return verdict.outcome == Outcome::reject ||
         (verdict.outcome == Outcome::inconclusive && !only_short);
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

/// A floor that a round broke with the parts that stand there today.
std::optional<Finding> standing_floor(const Setting& setting, std::span<const Screened> parts) {
  return counts_runs(setting.clause.rule) && setting.clause.every_run
             ? broken_floor(setting, aggregate(setting, parts).runs)
             : std::nullopt;
}

void judge_parts_since(const Setting& setting, const std::vector<ItemIndex>& parts,
                       const ByItem& attempts, Renewal since, Verdict& verdict) {
  // Judged with what was before, the rounds of a healthy device that was replaced are rounds, too.
  const Renewal of_parts = since == Renewal::founded ? Renewal::own_founded : Renewal::own;
  std::vector<Screened> screened;
  screened.reserve(parts.size());
  for (const ItemIndex part : parts) {
    screened.push_back(screen(setting, part, attempts.of(part), {of_parts, false}));
  }
  auto finding = worst_finding(screened);
  const std::uint32_t last_old = setting.renewed_after_rounds[static_cast<std::size_t>(since)];
  if (last_old > 0) {
    if (!finding || finding->outcome != Outcome::reject) {
      auto floor = standing_floor(setting, screened);
      finding = floor ? std::move(floor) : std::move(finding);
    }
    const auto is_old = [last_old](std::uint32_t round) { return round <= last_old; };
    for (Screened& part : screened) {
      std::erase_if(part.counted,
                    [&is_old](const Attempt* attempt) { return is_old(attempt->round); });
      std::erase_if(part.excused_rounds, is_old);
    }
  }
  if (counts_runs(setting.clause.rule)) {
    decide_rounds(setting, screened, verdict);
  } else {
    decide_together(setting, screened, verdict);
  }
  if (finding) {
    conclude(verdict, std::move(*finding));
  }
}

void judge_parts(const Setting& setting, const std::vector<ItemIndex>& parts,
                 const ByItem& attempts, Verdict& verdict) {
  judge_parts_since(setting, parts, attempts, Renewal::any, verdict);
  const auto renewed_after = [&setting](Renewal renewal) {
    return setting.renewed_after_rounds[static_cast<std::size_t>(renewal)];
  };
  if (renewed_after(Renewal::founded) < renewed_after(Renewal::any)) {
    Verdict whole;
    whole.item = verdict.item;
    judge_parts_since(setting, parts, attempts, Renewal::founded, whole);
    take_worse(verdict, whole, k_unfounded);
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

/// The items a clause may have attempts of: a system is measured in its parts only, so that no one
/// node speaks for the others.
std::vector<bool> bound_items(const std::vector<ItemIndex>& parts, std::size_t roster_size) {
  std::vector<bool> bound(roster_size, false);
  for (const ItemIndex part : parts) {
    bound[part] = true;
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
    find_founded();
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
                          bound_items(parts, roster_.size()));
    circumstances_.strays += attempts.strays().size();
    const Yardstick yardstick(contract_, clause, reduced_);
    const bool agrees = agrees_to_the_bit(clause.case_id);
    const Agreement agreement(
        evidence_.attempts, agrees ? voters(by_clause_.of(number)) : std::vector<std::uint32_t>());
    Together together(contract_, clause, roster_, parts);
    together.take(evidence_.attempts, by_clause_.of(number));
    Setting setting{contract_, clause,    roster_,   evidence_.attempts,
                    slots_,    yardstick, agreement, together};
    setting.renewed_after_rounds = renewed_after_rounds(parts);
    for (const ItemIndex part : parts) {
      if (is_mandatory(clause)) {
        circumstances_.covered[roster_[part].line] = true;
      }
    }
    for (const ItemIndex item : items) {
      Verdict verdict;
      verdict.item = item;
      verdict.generation =
          clause.scope == Scope::system ? generation_of_system(parts) : slots_.generation(item);
      if (clause.scope == Scope::system) {
        judge_parts(setting, parts, attempts, verdict);
      } else {
        judge_item(setting, attempts, verdict);
      }
      tally(result, verdict);
      result.verdicts.push_back(std::move(verdict));
    }
    return result;
  }

  /// Asks of each replacement whether a clause had found the old device wanting.
  void find_founded() {
    for (std::size_t i = 0; i < contract_.clauses.size() && slots_.count() > 0; ++i) {
      const Clause& clause = contract_.clauses[i];
      const auto parts = parts_of(clause, contract_, roster_);
      const ByItem attempts(by_clause_.of(i), evidence_.attempts,
                            bound_items(parts, roster_.size()));
      const Yardstick yardstick(contract_, clause, reduced_);
      const Agreement agreement(evidence_.attempts, {});
      const Together together(contract_, clause, roster_, parts);
      const Setting setting{contract_, clause,   roster_, evidence_.attempts, slots_, yardstick,
                            agreement, together, {}};
      for (std::size_t index = 0; index < slots_.count(); ++index) {
        const Replacement& replacement = slots_.replacement(index);
        const bool wanting = std::any_of(parts.begin(), parts.end(), [&](ItemIndex part) {
          return changes_device(roster_, replacement, part) &&
                 was_wanting(setting, attempts, part,
                             {slots_.held_since(part, replacement.after), replacement.after});
        });
        if (wanting) {
          slots_.set_founded(index);
        }
      }
    }
  }

  [[nodiscard]] std::array<std::uint32_t, 4> renewed_after_rounds(
      const std::vector<ItemIndex>& parts) const {
    std::array<std::uint32_t, 4> rounds{};
    for (const Renewal renewal : {Renewal::founded, Renewal::any}) {
      std::uint32_t& round = rounds[static_cast<std::size_t>(renewal)];
      for (const ItemIndex part : parts) {
        round = std::max(round, slots_.node_renewed_after_round(part, renewal));
      }
    }
    return rounds;
  }

  /// How often anything in the nodes of these parts was replaced. Parts stand node by node.
  [[nodiscard]] std::uint32_t generation_of_system(const std::vector<ItemIndex>& parts) const {
    std::uint32_t generation = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const bool new_node = i == 0 || roster_[parts[i]].node != roster_[parts[i - 1]].node;
      generation += new_node ? slots_.node_generation(parts[i]) : 0;
    }
    return generation;
  }

  /// Of these attempts those of devices that still stand in their slots, excused ones aside.
  [[nodiscard]] std::vector<std::uint32_t> voters(std::span<const std::uint32_t> attempts) const {
    std::vector<std::uint32_t> voters;
    for (const std::uint32_t index : attempts) {
      const Attempt& attempt = evidence_.attempts[index];
      if (attempt.item < roster_.size() && !attempt.excused &&
          attempt.number > slots_.renewed_after(attempt.item, Renewal::own)) {
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
