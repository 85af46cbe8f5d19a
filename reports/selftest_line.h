// A journal's `selftest` line: which faults were injected, and whether each was caught.
#pragma once

#include <string>

#include "harness/model/result.h"
#include "reports/json.h"

namespace assay {

struct SelftestLine {
  bool passed = false;    ///< Every fault of assay.run/1 was injected and caught, the control not.
  std::string canonical;  ///< {"passed", "checks"} as canonical JSON, for the report.
};

/// Fails with bad_input, naming the member; also if `passed` is not what the checks say.
[[nodiscard]] Result<SelftestLine> read_selftest(const Json& line);

}  // namespace assay
