// The folder of a campaign that is being run: made whole or not at all, and used by one controller.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/model/contract.h"
#include "reports/campaign.h"
#include "reports/json.h"
#include "reports/keys.h"
#include "reports/session.h"

namespace assay {

/// Held as long as the folder is used; a second holder is refused.
class FolderLock {
 public:
  /// Fails with bad_input if another process holds it.
  static Result<std::unique_ptr<FolderLock>> take(const std::string& folder);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

struct FolderRequest {
  std::string folder;
  std::string contract_bytes;
  const Contract* contract = nullptr;
  std::string plan_sha256, tool_sha256;
  std::map<std::string, Natural> work_per_step;  ///< By clause, where the plan knows it.
  std::uint32_t nonce_links = 0;
  std::string nonce_file;  ///< Holds the chain's last link in hex; "": drawn here.
  std::vector<std::string> marks;
  std::int64_t now_utc_ns = 0;
  bool resume = false;
};

struct CampaignFolder {
  CampaignPaths paths;
  Session session;
  std::string session_sha256;
  Digest last_link{};
  PrivateKey node_key;
  std::unique_ptr<FolderLock> lock;
};

/// A new campaign in a folder that is not there or has nothing in it but what a campaign that broke
/// off before its contract left; with `resume`, the one that is in it, made anew if it broke off
/// before its session was written. Fails with bad_input if the folder, contract, plan, program or
/// keys are not those that they must be.
[[nodiscard]] Result<CampaignFolder> open_campaign_folder(const FolderRequest& request);

/// Members of the first line of a node's journal.
[[nodiscard]] Json::Object open_line(const CampaignFolder& folder, std::uint32_t node);

/// Opens and signs an empty journal for each node of the session but `own` that left none: a node
/// that never answered is in the evidence, with nothing in it.
[[nodiscard]] Result<Done> sign_absent_nodes(const CampaignFolder& folder, std::uint32_t own);

}  // namespace assay
