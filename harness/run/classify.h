// How an attempt ended, from its window alone. It never looks at how fast it was: otherwise slow
// runs could be declared something else.
#pragma once

#include <optional>
#include <string>

#include "harness/model/evidence.h"
#include "harness/model/tolerances.h"
#include "harness/run/window.h"

namespace assay {

struct Classified {
  Ending ending = Ending::measured;
  std::string note;  ///< One sentence; "" if measured.
};

/// `plan` holds the common start, if there was one.
[[nodiscard]] Classified classify(const WindowResult& window, const WindowPlan& plan,
                                  const Tolerances& tolerances);

}  // namespace assay
