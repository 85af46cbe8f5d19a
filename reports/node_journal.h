// A node's journal as evidence: each line is held against contract, session and the lines before.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/evidence.h"
#include "reports/campaign.h"
#include "reports/campaign_frame.h"
#include "reports/item_looks.h"
#include "reports/json.h"
#include "reports/run_lines.h"

namespace assay {

/// An `end` line that has a window, for the check of its blob.
struct WindowLine {
  std::uint64_t line = 0;  ///< From 1.
  EndLine end;
};

struct NodeJournal {
  NodeFacts facts;
  std::vector<Attempt> attempts;  ///< attempts[i] has number i + 1.
  std::vector<Replacement> replacements;
  std::vector<SeenDevices> seen;
  std::vector<WindowLine> windows;
  ItemLooks looks;  ///< What later looks are compared with.
  std::vector<std::string> marks;
  std::vector<std::string> remarks;
  Json first_inventory;  ///< Of the first `machine` line since the node's replacement; else null.
  bool selftest_passed = false;  ///< At least one before the first attempt, and none failed.
};

/// Fails with bad_input and the place: "journal/00000.jsonl:7: attempt: ...".
[[nodiscard]] Result<NodeJournal> read_node_journal(const CampaignFrame& frame, std::uint32_t node,
                                                    std::string_view bytes);

}  // namespace assay
