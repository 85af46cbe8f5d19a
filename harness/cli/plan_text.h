// A plan for people, in 80 columns.
#pragma once

#include <iosfwd>
#include <string>

#include "harness/model/contract.h"
#include "harness/run/plan.h"

namespace assay {

struct PlanDigests {
  std::string contract, plan;  ///< SHA-256, lower-case hex.
};

void print_plan(const Contract& contract, const Plan& plan, const PlanDigests& digests,
                std::ostream& out);

}  // namespace assay
