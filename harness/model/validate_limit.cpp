// The rules on a clause's limit, the bounds around it and how a system's value is formed.
#include <array>
#include <string>

#include "harness/model/checks.h"
#include "harness/model/judge.h"
#include "harness/model/validate.h"

namespace assay {
namespace {

constexpr Natural k_plausible_factor = 3;
constexpr std::uint64_t k_widest_guard_band_ppb = 100'000'000;
constexpr std::uint64_t k_billion = 1'000'000'000;

bool counts_runs(const Clause& clause) {
  return clause.rule == Rule::sign_1_5_9 || clause.rule == Rule::sign_1_4_8;
}

struct Words {
  std::string limit, every_run, plausible;
};

Words words_of(const Clause& clause) {
  const bool rate = clause.comparator == Comparator::at_least;
  return {std::string(name_of(clause.comparator)),
          "every_run_" + std::string(name_of(clause.comparator)),
          rate ? "at_most_plausible" : "at_least_plausible"};
}

/// Whether `a` is on the losing side of `b`, or equal: what meets `b` also meets `a`.
bool is_weaker(const Clause& clause, const Quantity& a, const Quantity& b) {
  const auto order = compare(a.base, b.base);
  return clause.comparator == Comparator::at_least ? order <= 0 : order >= 0;
}

/// True if `value` is a usable companion of the limit: same dimension and above zero.
bool check_companion(Checks& checks, const std::string& member, const Quantity& value,
                     const Quantity& limit) {
  const bool same = value.dimension == limit.dimension;
  checks.require(same, member,
                 "'" + value.text + "' is of another kind than the limit '" + limit.text + "'");
  checks.require(value.base.numerator > 0, member, "'" + value.text + "' is not above zero");
  return same && value.base.numerator > 0;
}

/// Whether a value at the bound of what is plausible would meet the limit with its guard band.
bool can_be_met(const Contract& contract, const Clause& clause) {
  const std::uint64_t band = guard_band_ppb(contract, clause);
  const bool rate = clause.comparator == Comparator::at_least;
  const auto order =
      compare_scaled(clause.plausible->base,
                     {rate ? k_billion - band : k_billion + band, k_billion}, clause.limit->base);
  return rate ? order >= 0 : order <= 0;
}

void check_plausible(Checks& checks, const Contract& contract, const Clause& clause) {
  const std::string word = words_of(clause).plausible;
  const Quantity& limit = *clause.limit;
  if (!clause.plausible) {
    checks.fail(word,
                "missing; it is what catches a slipped decimal point and a value too good to "
                "be measured");
    return;
  }
  if (!check_companion(checks, word, *clause.plausible, limit)) {
    return;
  }
  const bool beyond = !is_weaker(clause, *clause.plausible, limit);
  checks.require(beyond, word,
                 "'" + clause.plausible->text + "' is not beyond the limit '" + limit.text + "'");
  checks.require(!beyond || can_be_met(contract, clause), word,
                 "'" + clause.plausible->text + "' is within the guard band of the limit '" +
                     limit.text + "', so that no run can be plausible and meet it");
  const bool upward = clause.comparator == Comparator::at_least;
  const Ratio& small = upward ? limit.base : clause.plausible->base;
  const Ratio& large = upward ? clause.plausible->base : limit.base;
  checks.require(contract.purpose == Purpose::demonstration ||
                     compare_scaled(small, {k_plausible_factor, 1}, large) >= 0,
                 word,
                 "'" + clause.plausible->text + "' is more than a factor of 3 from the limit '" +
                     limit.text + "': has a decimal point slipped?");
}

void check_provisional(Checks& checks, const Clause& clause) {
  if (!clause.provisional) {
    checks.require(!clause.freeze_not_below, "freeze_not_below", "only for a provisional clause");
    return;
  }
  if (!clause.freeze_not_below) {
    checks.fail("freeze_not_below",
                "missing; a provisional limit without it could be frozen at anything");
  } else if (check_companion(checks, "freeze_not_below", *clause.freeze_not_below, *clause.limit)) {
    checks.require(is_weaker(clause, *clause.freeze_not_below, *clause.limit), "freeze_not_below",
                   "'" + clause.freeze_not_below->text + "' is stricter than the limit '" +
                       clause.limit->text + "'");
  }
}

/// The other tolerances have bounds of their own, which keep them far below this.
void check_guard_band(Checks& checks, const Contract& contract, const Clause& clause) {
  const auto& skew = contract.conditions.start_skew;
  const std::uint64_t band = guard_band_ppb(contract, clause);
  if (skew && clause.window && band > k_widest_guard_band_ppb) {
    checks.fail("window", "'" + clause.window->text + "' with conditions.start_skew '" +
                              skew->text + "' makes a guard band of " +
                              for_people({band, k_billion}, Dimension::percent) +
                              "; above 10 % a run says nothing about its limit");
  }
}

/// Limit, floor and bounds of a clause whose rule counts runs below a limit.
void check_counted(Checks& checks, const Contract& contract, const Clause& clause) {
  const Words words = words_of(clause);
  if (!clause.limit) {
    checks.fail(words.limit, "missing; rule " + std::string(name_of(clause.rule)) +
                                 " compares runs with a limit");
    return;
  }
  const Quantity& limit = *clause.limit;
  checks.require(limit.base.numerator > 0, words.limit, "'" + limit.text + "' is not above zero");
  checks.require(!is_rate(limit.dimension) || clause.comparator == Comparator::at_least,
                 words.limit, "a rate is promised from below: at_least");
  checks.require(limit.dimension != Dimension::time || clause.comparator == Comparator::at_most,
                 words.limit, "a time is promised from above: at_most");
  check_guard_band(checks, contract, clause);
  check_plausible(checks, contract, clause);
  if (clause.every_run && check_companion(checks, words.every_run, *clause.every_run, limit)) {
    checks.require(
        is_weaker(clause, *clause.every_run, limit), words.every_run,
        "'" + clause.every_run->text + "' is stricter than the limit '" + limit.text + "'");
  }
  check_provisional(checks, clause);
}

/// A rule that counts something else must not carry a limit that nobody would judge.
void check_uncounted(Checks& checks, const Clause& clause) {
  const Words words = words_of(clause);
  const std::string why = "rule " + std::string(name_of(clause.rule)) + " judges no such value";
  checks.require(!clause.limit, words.limit, why);
  checks.require(!clause.every_run, words.every_run, why);
  checks.require(!clause.plausible, words.plausible, why);
  checks.require(!clause.provisional, "provisional", why);
  checks.require(!clause.freeze_not_below, "freeze_not_below", why);
}

void check_aggregate(Checks& checks, const Clause& clause) {
  const bool needed = clause.scope == Scope::system && counts_runs(clause);
  checks.require(!needed || clause.aggregate != Aggregate::none, "aggregate",
                 "missing; a system's value is a sum, slowest_times_count, minimum or quantile, "
                 "which differ");
  checks.require(needed || clause.aggregate == Aggregate::none, "aggregate",
                 "only for a limit on the system");
  checks.require(
      (clause.aggregate != Aggregate::sum && clause.aggregate != Aggregate::slowest_times_count) ||
          clause.concurrent == Concurrency::all_items,
      "concurrent",
      "a system's " + std::string(name_of(clause.aggregate)) +
          " needs one common window: all_items");
  if (clause.aggregate != Aggregate::quantile) {
    checks.require(!clause.quantile, "quantile", "only with aggregate quantile");
  } else if (!clause.quantile) {
    checks.fail("quantile", "missing; say which, in %");
  } else {
    checks.require(clause.quantile->dimension == Dimension::percent &&
                       clause.quantile->base.numerator > 0 &&
                       clause.quantile->base.numerator < clause.quantile->base.denominator,
                   "quantile", "'" + clause.quantile->text + "' is not between 0 % and 100 %");
  }
}

}  // namespace

std::optional<Error> fault_of_limit(const Contract& contract, std::size_t index) {
  const Clause& clause = contract.clauses[index];
  Checks checks("clauses[" + std::to_string(index) + "]");
  if (counts_runs(clause)) {
    check_counted(checks, contract, clause);
  } else {
    check_uncounted(checks, clause);
  }
  checks.require((clause.rule == Rule::poisson) == clause.at_most_events.has_value(),
                 "at_most_events", "stands with rule poisson, and only there");
  check_aggregate(checks, clause);
  return checks.error();
}

}  // namespace assay
