// Every combination of the values of a case's parameters, for whoever tries a case out.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/run/case.h"

namespace assay {

/// Of the values that `values_of` gives each parameter; the last parameter varies fastest. Whether
/// a combination makes sense only the case's `problem` can say.
[[nodiscard]] std::vector<Params> params_grid(
    const Case& a_case, const std::function<std::vector<std::string>(const Param&)>& values_of);

/// The case and those parameters that it leaves a choice of: "compute.memory/op:copy/...".
[[nodiscard]] std::string name_with_params(const Case& a_case, const Params& params);

}  // namespace assay
