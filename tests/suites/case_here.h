// One case and its parameters, as a contract would state them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "harness/run/case.h"

namespace assay::testing_doubles {

/// Precondition: there is such a case.
inline Case case_here(std::string_view id) {
  const auto cases = all_cases();
  return *std::find_if(cases.begin(), cases.end(),
                       [id](const Case& known) { return known.id == id; });
}

inline Params with(Params params, const char* name, const char* value) {
  params[name] = value;
  return params;
}

/// Why these parameters make no problem; "accepted" if they do.
inline std::string refusal_of(const Case& a_case, const Params& given) {
  const auto complete = complete_params(a_case, given);
  if (!complete) {
    return complete.error().message;
  }
  const auto problem = a_case.problem(*complete);
  return problem ? "accepted" : problem.error().message;
}

}  // namespace assay::testing_doubles
