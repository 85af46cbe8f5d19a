#include "harness/model/coverage.h"

#include <algorithm>

#include "harness/model/as_ordered.h"

namespace assay {

std::string_view unmeasured_parts(const Contract& contract, std::size_t line) {
  const InventoryLine& delivered = contract.inventory[line];
  bool gpus = !delivered.gpus;
  bool links = delivered.links == 0;
  for (const Clause& clause : contract.clauses) {
    const auto& lines = clause.population;
    if (!is_mandatory(clause) || is_finding(clause.case_id) ||
        std::find(lines.begin(), lines.end(), delivered.id) == lines.end()) {
      continue;
    }
    gpus = gpus || clause.scope == Scope::each_gpu || clause.scope == Scope::system;
    links = links || clause.scope == Scope::each_link;
  }
  if (!gpus) {
    return "GPUs";
  }
  return links ? "" : "links";
}

}  // namespace assay
