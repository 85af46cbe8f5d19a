// A case that is one collective of MPI: what all of them count and are asked.
#pragma once

#include "harness/run/case.h"

namespace assay {

enum class InPlace { offered, none };

/// `base` says id, summary, formula, the problem and parameters of its own.
[[nodiscard]] Case collective_case(Case base, InPlace in_place);
/// Of messages between two ranks each: no link carries more than they are.
[[nodiscard]] Case message_case(Case base);

/// Fails with bad_input, naming the parameter.
[[nodiscard]] Result<Problem> collective_problem(CollectiveProblem::Op op, const Params& params);

}  // namespace assay
