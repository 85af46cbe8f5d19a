// A case that copies over a link of a GPU: what all of them count and are asked.
#pragma once

#include "harness/run/case.h"

namespace assay {

/// `base` says id, summary, its own params and the problem. A step is one copy, or two at once.
[[nodiscard]] Case link_case(Case base);

/// Direction and bytes. Fails with bad_input, naming the parameter.
[[nodiscard]] Result<LinkProblem> link_problem(const Params& params);

}  // namespace assay
