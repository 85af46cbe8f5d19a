// How an attempt ended, from its window alone. It never looks at how fast it was: otherwise slow
// runs could be declared something else.
#pragma once

#include <string>

#include "harness/model/contract.h"
#include "harness/model/evidence.h"
#include "harness/model/exact.h"
#include "harness/run/window.h"

namespace assay {

/// A contract's conditions. Gap and clock stand in every contract; a start skew that is not stated
/// is held to the bound that the format has for it.
struct Tolerances {
  Ratio gap;    ///< Of the window.
  Ratio clock;  ///< Of the window.
  Ratio start_skew_s{1, 1};
};
[[nodiscard]] Tolerances tolerances_of(const Conditions& conditions);

struct Classified {
  Ending ending = Ending::measured;
  std::string note;  ///< One sentence; "" if measured.
};

/// `plan` holds the common start, if there was one.
[[nodiscard]] Classified classify(const WindowResult& window, const WindowPlan& plan,
                                  const Tolerances& tolerances);

}  // namespace assay
