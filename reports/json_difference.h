// Where two JSON values differ, for a sentence that names the place.
#pragma once

#include <string>

#include "reports/json.h"

namespace assay {

struct JsonDifference {
  std::string place;          ///< "clauses[0].verdicts[3].verdict"; "" for the whole.
  std::string is, should_be;  ///< Canonical, cut to 60 characters; "nothing" where absent.
};

/// The first difference in the order of `should_be`. Precondition: they differ.
[[nodiscard]] JsonDifference first_difference(const Json& is, const Json& should_be);

}  // namespace assay
