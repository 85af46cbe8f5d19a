// What a clause risks for either party at the size of its fleet. For people: no part of the plan's
// digest, since floating point may differ in its last digits.
#pragma once

#include <optional>
#include <string>

#include "harness/run/plan.h"

namespace assay {

/// Probabilities and margins as text of three significant digits.
struct PlanRisks {
  std::string buyer;            ///< One item exactly at its limit is accepted.
  std::string buyer_fleet;      ///< The clause is met if all items are exactly at their limits.
  std::string supplier;         ///< The clause is missed if all items have a margin of 1.5.
  std::string supplier_margin;  ///< Run-to-run deviations at which that risk is 5 %.
};

/// None for rules that count no runs.
[[nodiscard]] std::optional<PlanRisks> risks_of(const PlannedClause& clause);

}  // namespace assay
