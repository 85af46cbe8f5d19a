// A judgement for people, in 80 columns, and for programs, as JSON.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/console.h"
#include "harness/model/judge.h"
#include "reports/json.h"

namespace assay {

/// A line a clause, the items that are not accepted by name (the first few of each clause), the
/// defects, and the decision last, with the evidence's marks beside it.
void print_judgement(const Console& console, const Contract& contract,
                     const std::vector<Item>& roster, const Judgement& judgement,
                     const std::vector<std::string>& marks);

/// {"decision", "clauses": [{"id", counts}], "defects": [...]}; the full account is report.json.
[[nodiscard]] Json judgement_json(const Judgement& judgement);

}  // namespace assay
