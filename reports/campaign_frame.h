// What every journal of a campaign is held against: contract, session and roster, indexed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/contract.h"
#include "harness/model/ordered_gpu.h"
#include "harness/model/roster.h"
#include "reports/session.h"

namespace assay {

struct CampaignFrame {
  std::string session_sha256;
  Contract contract;
  Session session;
  std::vector<Item> roster;
  std::map<std::string, ItemIndex, std::less<>> item_of;
  std::map<std::string, std::size_t, std::less<>> clause_of;  ///< Index into contract.clauses.
  std::vector<OrderedGpu> ordered;                            ///< By item.
  std::vector<std::vector<bool>> binds;  ///< binds[clause][item]: the item is measured for it.
};

/// Fails with bad_input where session and contract don't belong together.
[[nodiscard]] Result<CampaignFrame> make_frame(std::string_view contract_bytes,
                                               std::string_view session_bytes);

/// The item of that id, of `node` or of the whole system. Fails with bad_input.
[[nodiscard]] Result<ItemIndex> own_item(const CampaignFrame& frame, std::uint32_t node,
                                         const std::string& id);

}  // namespace assay
