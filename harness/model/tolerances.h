// What a contract's conditions allow of a window: the runner classifies by them, and whoever
// verifies holds the ending against them. Exact fractions, so that both find the same.
#pragma once

#include "harness/model/contract.h"
#include "harness/model/exact.h"

namespace assay {

/// Gap and clock stand in every contract; a start skew that is not stated is held to the bound that
/// the format has for it.
struct Tolerances {
  Ratio gap;    ///< Of the window.
  Ratio clock;  ///< Of the window.
  Ratio start_skew_s{1, 1};
};
[[nodiscard]] Tolerances tolerances_of(const Conditions& conditions);

/// part > share x whole, without rounding.
[[nodiscard]] bool exceeds(Natural part, Natural whole, const Ratio& share);

}  // namespace assay
