// The part of report.json about the machines: an allow-list, so that no host name, user or
// environment dump gets into a report.
#pragma once

#include "reports/campaign.h"
#include "reports/json.h"

namespace assay {

/// One entry a node; long lists of objects stand once, by digest, in objects_of().
[[nodiscard]] Json::Array machines_of(const Campaign& campaign);

/// Digest of a list of mapped objects to the list: {name, sha256} each.
[[nodiscard]] Json::Object objects_of(const Campaign& campaign);

/// The self-tests as they ended, each with the nodes it is true of.
[[nodiscard]] Json::Array selftests_of(const Campaign& campaign);

}  // namespace assay
