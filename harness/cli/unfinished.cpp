#include "harness/cli/unfinished.h"

#include <string_view>

#include "reports/campaign.h"
#include "reports/files.h"
#include "reports/json.h"
#include "reports/node_name.h"
#include "reports/session.h"
#include "reports/sizes.h"

namespace assay {
namespace {

bool ends_with_close(std::string_view journal) {
  if (journal.empty() || journal.back() != '\n') {
    return false;
  }
  journal.remove_suffix(1);
  const auto line = read_json(journal.substr(journal.rfind('\n') + 1));
  const Json* kind = line ? line->find("kind") : nullptr;
  return kind != nullptr && kind->text() != nullptr && *kind->text() == "close";
}

}  // namespace

std::vector<std::string> unfinished_journals(const std::string& folder) {
  const CampaignPaths paths{folder};
  std::vector<std::string> names;
  const auto bytes = read_file(paths.session(), k_largest_session);
  const auto session = bytes ? read_session(*bytes) : Result<Session>(bytes.error());
  if (!session) {
    return names;
  }
  for (const SessionNode& node : session->nodes) {
    const auto journal = read_file(paths.journal(node.node), k_largest_journal);
    if (!journal || !ends_with_close(*journal)) {
      names.push_back(journal_name(node.node));
    }
  }
  return names;
}

std::string advice_if_unfinished(const std::string& folder) {
  const std::vector<std::string> names = unfinished_journals(folder);
  if (names.empty()) {
    return "";
  }
  const std::string others =
      names.size() == 1 ? "" : " and " + std::to_string(names.size() - 1) + " more";
  return "the campaign is unfinished: " + names.front() + others +
         " has no end, so runs are missing; where it was begun, go on with: assay run " + folder +
         "/contract.json --out " + folder + " --resume";
}

}  // namespace assay
