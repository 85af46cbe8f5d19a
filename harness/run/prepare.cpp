#include "harness/run/prepare.h"

#include <utility>

#include "harness/run/objects.h"
#include "reports/contract_json.h"

namespace assay {

Result<Prepared> prepare(const RunRequest& request, const RunWorld& world) {
  Prepared prepared;
  auto contract = read_contract(request.contract_bytes);
  if (!contract) {
    return contract.error();
  }
  prepared.contract = std::move(*contract);
  auto plan = make_plan(prepared.contract, world.cases);
  if (!plan) {
    return plan.error();
  }
  prepared.plan = std::move(*plan);
  auto environment = worker_environment(world.environment, usable_cores());
  if (!environment) {
    return environment.error();
  }
  prepared.environment = std::move(*environment);
  const auto tool = ObjectDigests::of_program();
  if (!tool) {
    return tool.error();
  }
  prepared.tool_sha256 = *tool;
  return prepared;
}

}  // namespace assay
