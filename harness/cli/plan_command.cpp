#include "harness/cli/plan_command.h"

#include <ostream>

#include "harness/cli/console.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/plan_risks.h"
#include "harness/cli/plan_text.h"
#include "reports/contract_json.h"
#include "reports/digest.h"
#include "reports/files.h"
#include "reports/json.h"
#include "reports/sizes.h"

namespace assay {
namespace {

Json risks_json(const Plan& plan) {
  Json::Array list;
  for (const PlannedClause& clause : plan.clauses) {
    if (const auto risks = risks_of(clause)) {
      list.emplace_back(Json::Object{{"buyer", risks->buyer},
                                     {"buyer_fleet", risks->buyer_fleet},
                                     {"clause", clause.id},
                                     {"supplier_at_1.5", risks->supplier},
                                     {"supplier_margin", risks->supplier_margin}});
    }
  }
  return list;
}

Result<std::string> as_json(const Plan& plan, const PlanDigests& digests) {
  auto planned = read_json(plan_json(plan));
  if (!planned) {
    return planned.error();
  }
  return canonical_json(
      Json::Object{{"contract_sha256", digests.contract},
                   {"plan", *std::move(planned)},
                   {"plan_sha256", digests.plan},
                   {"risks", risks_json(plan)},
                   {"warnings", Json::Array(plan.warnings.begin(), plan.warnings.end())}});
}

Result<Done> show(const std::string& path, bool json, std::ostream& out) {
  const auto text = read_named_file(path, k_largest_contract);
  if (!text) {
    return text.error();
  }
  const auto named = [&path](const Error& error) {
    return Error{error.code, path + ": " + error.message};
  };
  const auto contract = read_contract(*text);
  if (!contract) {
    return named(contract.error());
  }
  const auto plan = make_plan(*contract, all_cases());
  if (!plan) {
    return named(plan.error());
  }
  const PlanDigests digests{hex(sha256(*text)), hex(sha256(plan_json(*plan)))};
  if (!json) {
    print_plan(*contract, *plan, digests, out);
    return Done{};
  }
  const auto object = as_json(*plan, digests);
  if (!object) {
    return object.error();
  }
  out << *object << '\n';
  return Done{};
}

}  // namespace

int plan_command(const std::string& contract_path, bool json, std::ostream& out,
                 std::ostream& err) {
  const auto shown = show(contract_path, json, out);
  if (!shown) {
    err << "assay: " << printable(shown.error().message) << '\n';
    return exit_code_of(shown.error());
  }
  return k_exit_ok;
}

}  // namespace assay
