#include "harness/model/tolerances.h"

#include <array>

namespace assay {

Tolerances tolerances_of(const Conditions& conditions) {
  Tolerances tolerances;
  if (conditions.block_gap) {
    tolerances.gap = conditions.block_gap->base;
  }
  if (conditions.clock_disagreement) {
    tolerances.clock = conditions.clock_disagreement->base;
  }
  if (conditions.start_skew) {
    tolerances.start_skew_s = conditions.start_skew->base;
  }
  return tolerances;
}

bool exceeds(Natural part, Natural whole, const Ratio& share) {
  return std::is_gt(
      compare_products(std::array{part, share.denominator}, std::array{whole, share.numerator}));
}

}  // namespace assay
