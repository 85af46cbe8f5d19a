#include "harness/cli/plan_risks.h"

#include <array>
#include <cstdio>

#include "harness/model/risk.h"

namespace assay {
namespace {

constexpr double k_usual_margin = 1.5;

std::string three_digits(double value) {
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.3g", value);
  return {text.data(), static_cast<std::size_t>(length)};
}

/// 1 - `chance`, which is lost in rounding where it is tiny.
std::string rest_of(double chance) {
  constexpr double k_lost = 1e-12;
  return 1 - chance < k_lost ? "< 1e-12" : three_digits(1 - chance);
}

}  // namespace

std::optional<PlanRisks> risks_of(const PlannedClause& clause) {
  const Fleet fleet{.items = clause.items, .allowance = clause.allowance};
  const auto buyer = buyers_risk(clause.rule);
  const auto at_limit = suppliers_risk(clause.rule, fleet, 0);
  const auto supplier = suppliers_risk(clause.rule, fleet, k_usual_margin);
  const auto margin = margin_for(clause.rule, fleet);
  if (!buyer || !at_limit || !supplier || !margin) {
    return std::nullopt;
  }
  return PlanRisks{.buyer = three_digits(*buyer),
                   .buyer_fleet = rest_of(*at_limit),
                   .supplier = three_digits(*supplier),
                   .supplier_margin = three_digits(*margin)};
}

}  // namespace assay
