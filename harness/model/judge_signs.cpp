#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/model/how_many.h"
#include "harness/model/judge_rules.h"
#include "harness/model/sign_plan.h"
#include "harness/model/step_size.h"

namespace assay {
namespace {

struct Count {
  std::uint32_t runs = 0;
  std::uint32_t below = 0;
  std::uint32_t certain = 0;    ///< Below, and no part of the value was missing.
  std::uint32_t valueless = 0;  ///< Below, since they ended badly.
};

Count count(std::span<const Run> runs) {
  Count count;
  for (const Run& run : runs) {
    ++count.runs;
    count.below += run.below ? 1U : 0U;
    count.certain += run.below && !run.part_missing ? 1U : 0U;
    count.valueless += run.value ? 0U : 1U;
  }
  return count;
}

std::string missed(const Setting& setting, const Count& count) {
  const std::string limit = setting.clause.limit ? setting.clause.limit->text : "a limit";
  const std::string valueless =
      count.valueless == 0 ? "" : " (" + std::to_string(count.valueless) + " of them ended badly)";
  return std::to_string(count.below) + " of " + how_many(count.runs, "run") + " missed " +
         std::string(name_of(setting.clause.comparator)) + " " + limit + valueless;
}

/// What the slowest run of links says of them; its note was worked out again by whoever read it.
std::string slow_link_in(const Setting& setting, std::span<const Run> runs) {
  const Run* worst = nullptr;
  for (const Run& run : runs) {
    if (run.value && run.attempt != nullptr &&
        (worst == nullptr || setting.yardstick.is_worse(*run.value, *worst->value))) {
      worst = &run;
    }
  }
  const bool has_links = setting.clause.case_id == k_links_case;
  return !has_links || worst == nullptr || worst->attempt->note.empty()
             ? ""
             : " In round " + std::to_string(worst->round) + " " + worst->attempt->note + ".";
}

/// Of an even number of runs the worse of the two in the middle.
std::optional<Ratio> median_of(const Setting& setting, std::span<const Run> runs) {
  std::vector<Value> values;
  for (const Run& run : runs) {
    if (run.value) {
      values.push_back(*run.value);
    }
  }
  if (values.empty()) {
    return std::nullopt;
  }
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(
      values.begin(), middle, values.end(),
      [&setting](const Value& a, const Value& b) { return setting.yardstick.is_worse(a, b); });
  return ratio_of(*middle);
}

std::uint32_t days_of(std::span<const Run> runs) {
  std::set<std::int64_t> days;
  for (const Run& run : runs) {
    days.insert(run.day);
  }
  return static_cast<std::uint32_t>(days.size());
}

/// Where days are missing, the decision moves to the next look. That can't raise the risk of a
/// false accept: an item is accepted only at a look whose count accepts, so that of those which the
/// count alone would accept at the first look some are accepted there or later, and some never.
Finding acceptance(const Setting& setting, std::span<const Run> runs, std::string sentence) {
  const std::uint32_t days = days_of(runs);
  if (days < setting.contract.days) {
    return {Outcome::inconclusive, Reason::too_few_days,
            sentence + ", but these " + std::to_string(runs.size()) + " lie on " +
                std::to_string(days) + " of " + how_many(setting.contract.days, "day") + "."};
  }
  return {Outcome::accept, Reason::limit_met, std::move(sentence) + "."};
}

/// What look number `count.runs` says, if it says anything.
std::optional<Finding> decide_at(const Setting& setting, const Look& look, const Count& count,
                                 std::span<const Run> runs) {
  if (count.below <= look.accept) {
    return acceptance(setting, runs,
                      missed(setting, count) + "; at most " + std::to_string(look.accept) + " may");
  }
  if (count.certain >= look.reject) {
    return Finding{Outcome::reject, Reason::below_limit,
                   missed(setting, count) + "; " + std::to_string(look.reject) + " reject."};
  }
  return std::nullopt;
}

Finding open_end(const Setting& setting, const Count& count, std::uint32_t next_look) {
  if (count.certain < count.below) {
    return {Outcome::inconclusive, Reason::part_missing,
            missed(setting, count) + ", " + std::to_string(count.below - count.certain) +
                " of them for want of a part's attempt."};
  }
  if (next_look != 0) {
    return {
        Outcome::inconclusive, Reason::too_few_runs,
        missed(setting, count) + "; the next look needs " + std::to_string(next_look) + " runs."};
  }
  return {Outcome::inconclusive, Reason::undecided,
          missed(setting, count) + ", too many to accept and too few to reject."};
}

}  // namespace

std::optional<Finding> broken_floor(const Setting& setting, std::span<const Run> runs) {
  const auto broken =
      std::find_if(runs.begin(), runs.end(), [](const Run& run) { return run.breaks_floor; });
  if (broken == runs.end()) {
    return std::nullopt;
  }
  return Finding{Outcome::reject, Reason::run_below_floor,
                 "The run of round " + std::to_string(broken->round) + " gave " +
                     for_people(ratio_of(*broken->value), setting.clause.every_run->dimension) +
                     "; every run must be " + std::string(name_of(setting.clause.comparator)) +
                     " " + setting.clause.every_run->text + "." +
                     slow_link_in(setting, std::span(&*broken, 1))};
}

Run run_of(const Setting& setting, const Attempt& attempt) {
  Run run;
  run.round = attempt.round;
  run.day = attempt.day;
  run.attempt = &attempt;
  if (attempt.ending == Ending::measured && setting.yardstick.fills_window(attempt)) {
    run.value = value_of(attempt);
  }
  if (run.value) {
    run.below = setting.yardstick.misses_limit(*run.value);
    run.breaks_floor = setting.yardstick.breaks_floor(*run.value);
  }
  return run;
}

void decide_by_signs(const Setting& setting, std::span<const Run> runs, Verdict& verdict) {
  std::optional<Finding> finding;
  std::span<const Run> seen;
  std::uint32_t next_look = 0;
  for (const Look& look : looks_of(setting.clause.rule)) {
    if (runs.size() < look.runs) {
      next_look = look.runs;
      seen = runs;
      break;
    }
    seen = runs.first(look.runs);
    verdict.look = look.runs;
    finding = decide_at(setting, look, count(seen), seen);
    if (finding && finding->reason != Reason::too_few_days) {
      break;
    }
  }
  if (finding && next_look != 0) {
    finding->detail += " The next look needs " + std::to_string(next_look) + " runs.";
  }
  const Count counted = count(seen);
  if (finding && finding->outcome == Outcome::reject) {
    finding->detail += slow_link_in(setting, seen);
  }
  // The floor is what a median is not: no look ends it.
  if (auto broken = broken_floor(setting, runs)) {
    finding = std::move(broken);
  }
  verdict.runs = counted.runs;
  verdict.below = counted.below;
  verdict.median = median_of(setting, seen);
  conclude(verdict, finding ? std::move(*finding) : open_end(setting, counted, next_look));
}

}  // namespace assay
