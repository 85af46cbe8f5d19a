// What stands in a campaign's folder beside the campaign.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "harness/model/result.h"

namespace assay {

/// One sentence for each file that is no part of a campaign of `nodes` nodes with these blobs.
/// Fails with bad_input if journal/, nodes/ or blobs/ is a symbolic link or no folder, or holds the
/// files of a node that the session doesn't know: evidence nobody judged.
[[nodiscard]] Result<std::vector<std::string>> strays_in(const std::string& folder,
                                                         std::size_t nodes,
                                                         const std::set<std::string>& blobs);

}  // namespace assay
