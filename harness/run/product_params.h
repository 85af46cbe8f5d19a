// The parameters of cases that multiply matrices.
#pragma once

#include <vector>

#include "harness/run/case.h"

namespace assay {

/// Types, what stands in for none of them, and m, n and k.
[[nodiscard]] std::vector<Param> product_params();

/// The product that they say. Fails with bad_input, naming the parameter, where types don't go
/// together or a size is absurd.
[[nodiscard]] Result<GemmProblem> product_of(const Params& params);

}  // namespace assay
