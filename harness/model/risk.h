// What the sign-count rules risk for either party, by dynamic programming over their looks.
#pragma once

#include <cstdint>
#include <optional>

#include "harness/model/contract.h"

namespace assay {

struct Chances {
  double accept = 0;
  double reject = 0;
  double inconclusive = 0;
  double mean_runs = 0;
};

/// The same as whole numbers over 2^30, for a run that is below with probability 1/2: an item
/// exactly at its limit. `accept` over 2^30 is the rule's false-accept risk.
struct ExactChances {
  std::uint64_t accept = 0;
  std::uint64_t reject = 0;
  std::uint64_t inconclusive = 0;
  std::uint64_t mean_runs = 0;
};
inline constexpr std::uint64_t k_exact_whole = std::uint64_t{1} << 30U;

/// None for rules that count no runs.
[[nodiscard]] std::optional<ExactChances> chances_at_limit(Rule rule);

/// Chances where each run is below with probability `below`, and the first `discarded` runs that
/// are below are not counted but run again, as if each had a convenient crash. None for rules that
/// count no runs.
[[nodiscard]] std::optional<Chances> chances(Rule rule, double below, std::uint32_t discarded = 0);

/// The probability that a run is below where the median lies `margin` run-to-run standard
/// deviations on the good side of the limit and runs are normal.
[[nodiscard]] double below_at_margin(double margin);

/// A clause judged on `items` equal items of which `allowance` may fail to be accepted: what is
/// replaced within the contract's remedy.
struct Fleet {
  std::uint64_t items = 1;
  std::uint64_t allowance = 0;
};

/// The buyer's risk: an item exactly at its limit is accepted.
[[nodiscard]] std::optional<double> buyers_risk(Rule rule);

/// The supplier's risk: more than the allowance of items that all lie at `margin` are not accepted.
[[nodiscard]] std::optional<double> suppliers_risk(Rule rule, const Fleet& fleet, double margin);

/// The margin in run-to-run standard deviations at which the supplier's risk is `risk`, found to
/// within 1e-9; from 0 to 10.
[[nodiscard]] std::optional<double> margin_for(Rule rule, const Fleet& fleet, double risk = 0.05);

}  // namespace assay
