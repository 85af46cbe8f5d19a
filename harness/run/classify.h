// How an attempt ended, from its window alone. It never looks at how fast it was: otherwise slow
// runs could be declared something else.
#pragma once

#include <optional>
#include <string>

#include "harness/model/contract.h"
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

/// unwitnessed if the case moves files and the telemetry doesn't show that the device moved them.
[[nodiscard]] Classified classify_io(const std::string& case_id, const Params& params,
                                     const Readings& telemetry, Natural work);
/// unwitnessed if the case states a way for messages and the telemetry doesn't show that they went
/// it. `steps`: calls in the window.
[[nodiscard]] Classified classify_path(const std::string& case_id, const Params& params,
                                       const Readings& telemetry, Natural steps);

}  // namespace assay
