// A window's blob against the `end` line that names it.
#pragma once

#include <string>

#include "reports/campaign_frame.h"
#include "reports/run_lines.h"

namespace assay {

/// Reads the blob at `path` and checks its size and digest; with `deep` also recomputes from it
/// every number of the line that blocks decide. Fails with bad_input, naming the member and both
/// values, or with not_found.
[[nodiscard]] Result<Done> check_blob(const std::string& path, const EndLine& end,
                                      const CampaignFrame& frame, bool deep);

}  // namespace assay
