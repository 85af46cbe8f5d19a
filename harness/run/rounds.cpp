#include "harness/run/rounds.h"

#include <algorithm>
#include <set>
#include <utility>

#include "harness/model/slots.h"

namespace assay {
namespace {

/// Whether one more run can change a verdict from no pass into another.
bool is_open(const Verdict& verdict) {
  return verdict.reason == Reason::too_few_runs || verdict.reason == Reason::too_few_days ||
         verdict.reason == Reason::part_missing || verdict.reason == Reason::no_evidence;
}

}  // namespace

Rounds::Rounds(const Contract& contract, const Plan& plan, std::uint32_t node)
    : contract_(contract), plan_(plan), roster_(roster_of(contract)) {
  for (const Clause& clause : contract.clauses) {
    std::vector<ItemIndex> own = parts_of(clause, contract, roster_);
    const auto elsewhere = [&](ItemIndex item) { return roster_[item].node != node; };
    own.erase(std::remove_if(own.begin(), own.end(), elsewhere), own.end());
    parts_.push_back(std::move(own));
  }
  evidence_.selftest_passed = true;
  evidence_.chain_whole = true;
}

void Rounds::take(std::vector<Attempt> attempts, std::vector<Replacement> replacements) {
  evidence_.attempts = std::move(attempts);
  evidence_.replacements = std::move(replacements);
}

void Rounds::take(const Attempt& attempt) {
  if (attempt.number <= evidence_.attempts.size()) {
    evidence_.attempts[attempt.number - 1] = attempt;
  } else {
    evidence_.attempts.push_back(attempt);
  }
}

Judgement Rounds::judgement() const {
  return judge(contract_, roster_, evidence_);
}

std::vector<std::int64_t> Rounds::days_of(std::size_t clause, ItemIndex item) const {
  const bool in_system = contract_.clauses[clause].scope == Scope::system;
  std::uint64_t renewed_after = 0;
  for (const Replacement& replacement : evidence_.replacements) {
    if (in_system || renews(roster_, replacement, item)) {
      renewed_after = std::max(renewed_after, replacement.after);
    }
  }
  std::vector<std::int64_t> days;
  for (const Attempt& attempt : evidence_.attempts) {
    if (attempt.item == item && attempt.clause == contract_.clauses[clause].id &&
        !attempt.excused && attempt.number > renewed_after) {
      days.push_back(attempt.day);
    }
  }
  return days;
}

std::uint32_t Rounds::runs_of(std::size_t clause, ItemIndex item) const {
  return static_cast<std::uint32_t>(days_of(clause, item).size());
}

bool Rounds::was_in(std::size_t clause, ItemIndex item, std::uint32_t round) const {
  const auto is_it = [&](const Attempt& attempt) {
    return attempt.round == round && attempt.item == item &&
           attempt.clause == contract_.clauses[clause].id;
  };
  return std::any_of(evidence_.attempts.begin(), evidence_.attempts.end(), is_it);
}

bool Rounds::needs_run(std::size_t clause, ItemIndex item, const Judgement& judgement) const {
  if (runs_of(clause, item) >= plan_.clauses[clause].runs) {
    return false;
  }
  const auto& verdicts = judgement.clauses.at(clause).verdicts;
  if (contract_.clauses[clause].scope == Scope::system) {
    return std::any_of(verdicts.begin(), verdicts.end(), is_open);
  }
  const auto its = std::find_if(verdicts.begin(), verdicts.end(),
                                [item](const Verdict& verdict) { return verdict.item == item; });
  return its != verdicts.end() && is_open(*its);
}

std::vector<std::vector<ItemIndex>> Rounds::groups(std::size_t clause, std::uint32_t round,
                                                   const Judgement& judgement) const {
  const std::vector<ItemIndex>& parts = parts_[clause];
  const auto needs = [&](ItemIndex item) { return needs_run(clause, item, judgement); };
  const auto was = [&](ItemIndex item) { return was_in(clause, item, round); };
  std::vector<std::vector<ItemIndex>> groups;
  if (contract_.clauses[clause].concurrent == Concurrency::all_items) {
    // Decided items keep loading the machine. A round that broke off has no common window any more.
    const bool again = std::any_of(parts.begin(), parts.end(), needs) &&
                       std::none_of(parts.begin(), parts.end(), was);
    if (again) {
      groups.push_back(parts);
    }
    return groups;
  }
  for (const ItemIndex item : parts) {
    if (needs(item) && !was(item)) {
      groups.push_back({item});
    }
  }
  return groups;
}

std::vector<ItemIndex> Rounds::last_looks(std::size_t clause) const {
  std::vector<ItemIndex> items;
  if (!plan_.clauses[clause].looks_twice) {
    return items;
  }
  for (const ItemIndex item : parts_[clause]) {
    const auto matches = [&](const Attempt& attempt) {
      return attempt.item == item && attempt.clause == contract_.clauses[clause].id &&
             !attempt.excused && attempt.matching == 1;
    };
    const bool matched = std::any_of(evidence_.attempts.begin(), evidence_.attempts.end(), matches);
    if (matched && runs_of(clause, item) == 1) {
      items.push_back(item);
    }
  }
  return items;
}

bool Rounds::is_last_look(std::uint32_t round) const {
  const auto is_it = [&](const Attempt& attempt) {
    const auto clause =
        std::find_if(plan_.clauses.begin(), plan_.clauses.end(),
                     [&](const PlannedClause& planned) { return planned.id == attempt.clause; });
    return attempt.round != round ||
           (clause->looks_twice &&
            runs_of(static_cast<std::size_t>(clause - plan_.clauses.begin()), attempt.item) > 1);
  };
  return std::all_of(evidence_.attempts.begin(), evidence_.attempts.end(), is_it);
}

bool Rounds::open(const Judgement& judgement) const {
  for (std::size_t clause = 0; clause < parts_.size(); ++clause) {
    const auto needs = [&](ItemIndex item) { return needs_run(clause, item, judgement); };
    if (std::any_of(parts_[clause].begin(), parts_[clause].end(), needs)) {
      return true;
    }
  }
  return false;
}

const PlannedRound& Rounds::planned(std::uint32_t round) const {
  return plan_.rounds.at((round - 1) % plan_.rounds.size());
}

bool Rounds::lacks_a_day(std::size_t clause, ItemIndex item, std::int64_t today) const {
  const std::vector<std::int64_t> days = days_of(clause, item);
  const auto next = static_cast<std::uint32_t>(days.size()) + 1;
  std::set<std::int64_t> of_look;
  for (std::uint32_t run = 1; run < next; ++run) {
    if (planned(run).look == planned(next).look) {
      of_look.insert(days[run - 1]);
    }
  }
  const bool nothing_new = !of_look.empty() && *of_look.rbegin() >= today;
  return nothing_new && of_look.size() <= planned(next).day;
}

bool Rounds::must_wait(std::uint32_t round, std::int64_t today) const {
  if (round <= 1) {
    return false;
  }
  const Judgement judgement = this->judgement();
  for (std::size_t clause = 0; clause < parts_.size(); ++clause) {
    const auto waits = [&](ItemIndex item) {
      return needs_run(clause, item, judgement) && lacks_a_day(clause, item, today);
    };
    if (std::any_of(parts_[clause].begin(), parts_[clause].end(), waits)) {
      return true;
    }
  }
  return false;
}

std::uint32_t Rounds::waiting(std::uint32_t revealed, std::uint32_t last,
                              std::int64_t today) const {
  const Judgement judgement = this->judgement();
  for (std::size_t clause = 0; clause < parts_.size(); ++clause) {
    if (!groups(clause, revealed, judgement).empty()) {
      return 0;
    }
  }
  const std::uint32_t next = revealed + 1;
  return next <= last && open(judgement) && must_wait(next, today) ? next : 0;
}

std::uint32_t Rounds::day_of(std::uint32_t round) const {
  return planned(round).day + 1;
}

std::uint32_t Rounds::runs(std::size_t clause) const {
  std::uint32_t most = 0;
  for (const ItemIndex item : parts_[clause]) {
    most = std::max(most, runs_of(clause, item));
  }
  return most;
}

std::uint32_t Rounds::next_look(std::size_t clause) const {
  const std::uint32_t step = plan_.clauses[clause].first_look;
  return std::min(plan_.clauses[clause].runs, (runs(clause) / step + 1) * step);
}

std::int64_t Rounds::time_left(std::uint32_t round, const Judgement& judgement) const {
  Natural left = 0;
  for (std::size_t i = 0; i < plan_.clauses.size(); ++i) {
    const PlannedClause& clause = plan_.clauses[i];
    left += (clause.soak_ns + clause.window_ns) * groups(i, round, judgement).size() *
            (next_look(i) - std::min(runs(i), next_look(i)));
  }
  return static_cast<std::int64_t>(left);
}

}  // namespace assay
