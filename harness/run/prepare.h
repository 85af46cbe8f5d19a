// What a campaign needs before its first line is written: contract, plan, environment, program.
#pragma once

#include <string>

#include "harness/model/contract.h"
#include "harness/model/result.h"
#include "harness/run/campaign_run.h"
#include "harness/run/environment.h"
#include "harness/run/plan.h"

namespace assay {

/// Everything that stands before the first line is written.
struct Prepared {
  Contract contract;
  Plan plan;
  Environment environment;
  std::string tool_sha256;
};

/// Fails with bad_input if contract, plan or environment are not fit. Writes nothing.
[[nodiscard]] Result<Prepared> prepare(const RunRequest& request, const RunWorld& world);

}  // namespace assay
