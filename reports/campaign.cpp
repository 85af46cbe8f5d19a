#include "reports/campaign.h"

#include <algorithm>
#include <future>
#include <map>
#include <set>
#include <thread>

#include "reports/blob_check.h"
#include "reports/campaign_frame.h"
#include "reports/digest.h"
#include "reports/files.h"
#include "reports/folder_check.h"
#include "reports/merkle.h"
#include "reports/node_journal.h"
#include "reports/node_name.h"
#include "reports/node_signature.h"
#include "reports/replays.h"
#include "reports/sizes.h"

namespace assay {
namespace {

Error at_place(const std::string& place, const Error& error) {
  return {error.code, place + ": " + error.message};
}

/// What one node gives.
struct NodeEvidence {
  NodeJournal journal;
  std::vector<BlobEntry> blobs;
  Digest leaf{};
};

/// What all nodes are read with.
struct CampaignReading {
  CampaignPaths paths;
  CampaignFrame frame;
  bool deep = false;
};

/// A window is one attempt's.
Result<Done> check_own_blob(const EndLine& end, std::map<std::string, std::uint64_t>& owner) {
  const std::string& blob = end.blocks->sha256;
  const auto [first, is_new] = owner.try_emplace(blob, end.key.attempt);
  return is_new ? Result<Done>(Done{})
                : Result<Done>(Error{Error::Code::bad_input,
                                     "blocks: " + blob_name(blob) + " is the window of attempt " +
                                         std::to_string(first->second) + ", too"});
}

Result<Done> check_windows(const CampaignReading& reading, NodeJournal& journal) {
  std::map<std::string, std::uint64_t> owner;
  for (const WindowLine& window : journal.windows) {
    Result<Done> checked = check_own_blob(window.end, owner);
    if (checked) {
      checked = check_blob(reading.paths.blob(window.end.blocks->sha256), window.end, reading.frame,
                           reading.deep);
    }
    if (!checked) {
      const EndLine& end = window.end;
      return at_place(journal_name(journal.facts.node) + ":" + std::to_string(window.line) +
                          " (attempt " + std::to_string(end.key.attempt) + " of " + end.key.clause +
                          " on " + end.key.item + ")",
                      checked.error());
    }
  }
  journal.windows = {};  // bounded memory: nothing of a node stays but its attempts
  return Done{};
}

/// The blobs that the journal's windows name, by digest.
std::vector<BlobEntry> blobs_of(const NodeJournal& journal) {
  std::map<std::string, std::uint64_t> blobs;
  for (const WindowLine& window : journal.windows) {
    blobs.emplace(window.end.blocks->sha256, window.end.blocks->bytes);
  }
  std::vector<BlobEntry> entries;
  entries.reserve(blobs.size());
  for (const auto& [digest, bytes] : blobs) {
    entries.push_back({.sha256 = digest, .bytes = bytes});
  }
  return entries;
}

/// The journal of a node, if it is the one that was signed.
Result<NodeJournal> read_signed_journal(const CampaignReading& reading, std::uint32_t node,
                                        const NodeStatement& is_signed) {
  const Result<std::string> bytes = read_file(reading.paths.journal(node), k_largest_journal);
  if (!bytes) {
    return bytes.error();
  }
  NodeStatement is_there = is_signed;
  is_there.session_sha256 = reading.frame.session_sha256;
  is_there.node = node;
  is_there.journal_sha256 = hex(sha256(*bytes));
  is_there.journal_bytes = bytes->size();
  if (const auto same = compare_statements(is_signed, is_there); !same) {
    return at_place(node_name(node), same.error());  // before anything of it is parsed
  }
  auto journal = read_node_journal(reading.frame, node, *bytes);
  if (!journal) {
    return journal.error();
  }
  is_there.journal_lines = journal->facts.lines;
  is_there.blobs = blobs_of(*journal);
  if (const auto same = compare_statements(is_signed, is_there); !same) {
    return at_place(node_name(node), same.error());
  }
  return journal;
}

Result<NodeEvidence> read_node(const CampaignReading& reading, std::uint32_t node) {
  const Result<std::string> jws = read_file(reading.paths.node(node), k_largest_signature);
  if (!jws) {
    return jws.error();
  }
  auto is_signed = open_node_signature(*jws, reading.frame.session.nodes[node].key);
  if (!is_signed) {
    return at_place(node_name(node), is_signed.error());
  }
  auto journal = read_signed_journal(reading, node, *is_signed);
  if (!journal) {
    return journal.error();
  }
  if (const auto checked = check_windows(reading, *journal); !checked) {
    return checked.error();
  }
  return NodeEvidence{.journal = *std::move(journal),
                      .blobs = std::move(is_signed->blobs),
                      .leaf = merkle_leaf(*jws)};
}

/// Puts the nodes' evidence together, in their order.
class Gathering {
 public:
  explicit Gathering(Campaign& campaign) : campaign_(campaign) {
    campaign.evidence.selftest_passed = true;
    campaign.evidence.chain_whole = true;
    campaign.evidence.marks = campaign.session.marks;
  }

  Result<Done> add(NodeEvidence&& node) {
    Evidence& evidence = campaign_.evidence;
    NodeJournal& journal = node.journal;
    const std::uint32_t number = journal.facts.node;
    if (auto fresh = replays_.add(journal.attempts, number); !fresh) {
      return fresh;
    }
    for (BlobEntry& blob : node.blobs) {
      if (auto fresh = replays_.add(std::move(blob.sha256), number); !fresh) {
        return fresh;
      }
    }
    any_attempts_ = any_attempts_ || !journal.attempts.empty();
    evidence.selftest_passed =
        evidence.selftest_passed && (journal.attempts.empty() || journal.selftest_passed);
    evidence.chain_whole = evidence.chain_whole && journal.facts.closed;
    append(evidence.attempts, journal.attempts);
    append(evidence.replacements, journal.replacements);
    append(evidence.seen, journal.seen);
    append(evidence.contradictions, journal.looks.contradictions);
    append(evidence.marks, journal.marks);
    append(campaign_.remarks, journal.remarks);
    campaign_.nodes.push_back(std::move(journal.facts));
    leaves_.push_back(node.leaf);
    return Done{};
  }

  /// Every digest that a journal names.
  const std::set<std::string>& finish() {
    Evidence& evidence = campaign_.evidence;
    evidence.selftest_passed = evidence.selftest_passed && any_attempts_;
    std::sort(evidence.marks.begin(), evidence.marks.end());
    evidence.marks.erase(std::unique(evidence.marks.begin(), evidence.marks.end()),
                         evidence.marks.end());
    campaign_.evidence_root = hex(merkle_root(leaves_));
    campaign_.evidence_leaves = leaves_.size();
    return replays_.blobs();
  }

 private:
  template <class T>
  static void append(std::vector<T>& to, std::vector<T>& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  }

  Campaign& campaign_;
  std::vector<Digest> leaves_;
  Replays replays_;
  bool any_attempts_ = false;
};

/// Where no thread can be had, the caller's does the work.
constexpr std::launch k_launch = std::launch::async | std::launch::deferred;

/// Reads the nodes, a few at a time; the first error in their order is the answer.
Result<Done> gather(const CampaignReading& reading, Gathering& gathering) {
  const std::size_t nodes = reading.frame.session.nodes.size();
  const std::size_t at_once = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 16);
  for (std::size_t first = 0; first < nodes; first += at_once) {
    std::vector<std::future<Result<NodeEvidence>>> running;
    for (std::size_t node = first; node < std::min(nodes, first + at_once); ++node) {
      running.push_back(std::async(k_launch, [&reading, node] {
        return read_node(reading, static_cast<std::uint32_t>(node));
      }));
    }
    for (auto& each : running) {
      Result<NodeEvidence> node = each.get();
      if (!node) {
        return node.error();
      }
      if (auto added = gathering.add(*std::move(node)); !added) {
        return added;
      }
    }
  }
  return Done{};
}

}  // namespace

std::uint64_t excuses_in(const Campaign& campaign) {
  return static_cast<std::uint64_t>(
      std::count_if(campaign.evidence.attempts.begin(), campaign.evidence.attempts.end(),
                    [](const Attempt& attempt) { return attempt.excused; }));
}

Result<Campaign> read_campaign(const std::string& folder, bool deep) {
  const CampaignPaths paths{folder};
  const Result<std::string> contract = read_file(paths.contract(), k_largest_contract);
  if (!contract) {
    return contract.error();
  }
  const Result<std::string> session = read_file(paths.session(), k_largest_session);
  if (!session) {
    return session.error();
  }
  Result<CampaignFrame> frame = make_frame(*contract, *session);
  if (!frame) {
    return frame.error();
  }
  const CampaignReading reading{.paths = paths, .frame = *std::move(frame), .deep = deep};
  Campaign campaign;
  campaign.contract_sha256 = reading.frame.session.contract_sha256;
  campaign.session_sha256 = reading.frame.session_sha256;
  campaign.contract = reading.frame.contract;
  campaign.session = reading.frame.session;
  campaign.roster = reading.frame.roster;
  Gathering gathering(campaign);
  if (const Result<Done> gathered = gather(reading, gathering); !gathered) {
    return gathered.error();
  }
  Result<std::vector<std::string>> strays =
      strays_in(folder, campaign.session.nodes.size(), gathering.finish());
  if (!strays) {
    return strays.error();
  }
  campaign.strays = *std::move(strays);
  return campaign;
}

}  // namespace assay
