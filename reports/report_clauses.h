// The part of report.json that says, clause by clause and item by item, what was found.
#pragma once

#include "harness/model/judge.h"
#include "reports/campaign.h"
#include "reports/json.h"

namespace assay {

[[nodiscard]] Json::Array clauses_of(const Campaign& campaign, const Judgement& judgement);

/// Known defects that stand in the way of acceptance, each reserved (Vorbehalt, § 640 BGB).
[[nodiscard]] Json::Array defects_of(const Judgement& judgement);

/// What advisory and provisional clauses found short: it decides nothing, and is reserved, too.
[[nodiscard]] Json::Array reservations_of(const Campaign& campaign, const Judgement& judgement);

/// One sentence for each thing that this report does not say.
[[nodiscard]] Json::Array not_tested(const Campaign& campaign, const Judgement& judgement);

}  // namespace assay
