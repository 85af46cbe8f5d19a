#include "harness/model/judge_rules.h"

#include <algorithm>
#include <array>
#include <string>

#include "harness/model/how_many.h"

namespace assay {
namespace {

void add_saturating(Natural& sum, Natural value) {
  if (__builtin_add_overflow(sum, value, &sum)) {
    sum = ~Natural{0};
  }
}

struct Totals {
  Natural work = 0;
  Natural elapsed_ns = 0;
  Natural longest_ns = 0;  ///< Of one window.
  std::uint32_t attempts = 0;
  std::uint32_t ended_badly = 0;
  std::uint64_t checked = 0;  ///< Outputs: a drawn tile of each, drawn ones as a whole.
  bool part_missing = false;
};

Totals total(std::span<const Screened> parts) {
  Totals totals;
  for (const Screened& part : parts) {
    totals.part_missing = totals.part_missing || part.counted.empty();
    for (const Attempt* attempt : part.counted) {
      ++totals.attempts;
      if (attempt->ending != Ending::measured) {
        ++totals.ended_badly;
        continue;
      }
      totals.checked += attempt->checked;
      add_saturating(totals.work, attempt->work);
      add_saturating(totals.elapsed_ns, attempt->elapsed_ns);
      totals.longest_ns = std::max(totals.longest_ns, attempt->elapsed_ns);
    }
  }
  return totals;
}

Finding part_missing() {
  return {Outcome::inconclusive, Reason::part_missing,
          "At least one part has no attempt that counts."};
}

Finding window_too_short(const Setting& setting, const Totals& totals) {
  return {Outcome::inconclusive, Reason::too_few_runs,
          "The windows of " + how_many(totals.attempts, "attempt") + " sum to " +
              for_people({totals.elapsed_ns, 1'000'000'000}, Dimension::time) + " of " +
              setting.clause.window->text + "."};
}

/// The window of rule zero_wrong is each part's own, and one: neither a part that hardly ran nor
/// many short runs are the load that the contract wants. Precondition: every part has an attempt
/// that counts.
std::optional<Finding> shortest_part(const Setting& setting, std::span<const Screened> parts) {
  for (const Screened& part : parts) {
    const Totals own = total(std::span(&part, 1));
    if (!setting.yardstick.fills_window(own.longest_ns)) {
      const ItemIndex item = part.counted.front()->item;
      return Finding{Outcome::inconclusive, Reason::too_few_runs,
                     "The longest window of " + how_many(own.attempts, "attempt") + " of " +
                         setting.roster[item].id + " is " +
                         for_people({own.longest_ns, 1'000'000'000}, Dimension::time) + " of " +
                         setting.clause.window->text + "."};
    }
  }
  return std::nullopt;
}

std::optional<Finding> judge_zero_wrong(const Setting& setting, std::span<const Screened> parts,
                                        const Totals& totals) {
  if (totals.ended_badly > 0) {
    return Finding{Outcome::inconclusive, Reason::ended_badly,
                   std::to_string(totals.ended_badly) + " of " +
                       how_many(totals.attempts, "attempt") +
                       " ended badly and may have hidden a wrong result."};
  }
  if (auto finding = shortest_part(setting, parts)) {
    return finding;
  }
  constexpr Natural k_too_few = 3;  // By the rule of three they bound no rate.
  if (totals.checked <= k_too_few) {
    return Finding{Outcome::inconclusive, Reason::too_few_runs,
                   std::to_string(totals.checked) +
                       " outputs were checked, too few to bound how "
                       "many are wrong."};
  }
  const bool is_limited = setting.clause.limit.has_value();
  if (totals.work == 0 ||
      (is_limited && std::is_lt(compare({totals.work, 1}, setting.clause.limit->base)))) {
    return Finding{Outcome::inconclusive, Reason::too_few_runs,
                   significant({totals.work, 1}) + " operations were verified; at least " +
                       (is_limited ? setting.clause.limit->text : "1") + " are needed."};
  }
  return std::nullopt;
}

/// A finding's note is worked out again from its facts before anybody judges by it.
std::string with_note(const Attempt& attempt, const std::string& what) {
  return "Attempt " + std::to_string(attempt.number) + what +
         (attempt.note.empty() ? "." : ": " + attempt.note);
}

}  // namespace

void decide_once(std::span<const Screened> parts, Verdict& verdict) {
  std::optional<Finding> finding;
  for (const Screened& part : parts) {
    verdict.runs += part.counted.empty() ? 0U : 1U;
    for (const Attempt* attempt : part.counted) {
      if (attempt->ending == Ending::measured && attempt->matching != 1) {
        conclude(verdict, {Outcome::reject, Reason::not_as_ordered,
                           with_note(*attempt, " found something else than was ordered")});
        verdict.below = 1;
        return;
      }
    }
    const auto bad =
        std::find_if(part.counted.begin(), part.counted.end(),
                     [](const Attempt* attempt) { return attempt->ending != Ending::measured; });
    if (part.counted.empty()) {
      finding = part_missing();
    } else if (bad != part.counted.end()) {
      finding = Finding{Outcome::inconclusive, Reason::ended_badly,
                        with_note(**bad, " ended as " + std::string(name_of((*bad)->ending)))};
    }
  }
  conclude(verdict, finding ? std::move(*finding)
                            : Finding{Outcome::accept, Reason::limit_met,
                                      "What was found is what was ordered."});
}

void decide_zero_wrong(const Setting& setting, std::span<const Screened> parts, Verdict& verdict) {
  const Totals totals = total(parts);
  verdict.runs = totals.attempts;
  if (totals.part_missing) {
    conclude(verdict, part_missing());
    return;
  }
  if (auto finding = judge_zero_wrong(setting, parts, totals)) {
    conclude(verdict, std::move(*finding));
    return;
  }
  // Rule of three: with no event in N, the rate is below 3/N with 95 % confidence.
  conclude(verdict, {Outcome::accept, Reason::limit_met,
                     "None of " + std::to_string(totals.checked) +
                         " checked outputs was wrong where it was compared: with 95 % confidence "
                         "fewer than " +
                         significant({3, totals.checked}, 3) + " of all would show it there."});
}

void decide_poisson(const Setting& setting, std::span<const Screened> parts, Verdict& verdict) {
  const Totals totals = total(parts);
  const Natural allowed = setting.clause.at_most_events.value_or(0);
  Natural events = totals.work;
  add_saturating(events, totals.ended_badly);
  verdict.runs = totals.attempts;
  const std::string sentence = how_many(events, "event") + " in " +
                               for_people({totals.elapsed_ns, 1'000'000'000}, Dimension::time) +
                               "; at most " + to_decimal(allowed) + " may be";
  if (events > allowed) {
    conclude(verdict, {Outcome::reject, Reason::events_exceeded, sentence + "."});
    return;
  }
  if (totals.part_missing) {
    conclude(verdict, part_missing());
    return;
  }
  constexpr Natural k_billion = 1'000'000'000;
  if (setting.clause.window &&
      std::is_lt(compare({totals.elapsed_ns, k_billion}, setting.clause.window->base))) {
    conclude(verdict, window_too_short(setting, totals));
    return;
  }
  conclude(verdict, {Outcome::accept, Reason::limit_met, sentence + "."});
}

}  // namespace assay
