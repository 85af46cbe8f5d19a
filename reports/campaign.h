// A campaign's folder, read once: the bytes that are checked are the bytes that are judged.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/model/contract.h"
#include "harness/model/evidence.h"
#include "harness/model/result.h"
#include "harness/model/roster.h"
#include "reports/session.h"

namespace assay {

struct CampaignPaths {
  std::string folder;
  [[nodiscard]] std::string contract() const { return folder + "/contract.json"; }
  [[nodiscard]] std::string session() const { return folder + "/session.json"; }
  [[nodiscard]] std::string report() const { return folder + "/report.json"; }
  [[nodiscard]] std::string signatures() const { return folder + "/report.sig.json"; }
  [[nodiscard]] std::string journal(std::uint32_t node) const;  ///< journal/00000.jsonl
  [[nodiscard]] std::string node(std::uint32_t node) const;     ///< nodes/00000.jws
  [[nodiscard]] std::string blob(const std::string& sha256) const;
};

/// What is known of a node beside its attempts.
struct NodeFacts {
  std::uint32_t node = 0;
  std::string inventory, environment, objects;  ///< Canonical JSON of its last `machine` line.
  std::string selftest;                         ///< Canonical JSON of its last `selftest` line.
  std::uint64_t lines = 0;
  bool closed = false;
  std::int64_t latest_ns = 0;  ///< UTC; of its lines and the session's opening the last.
};

struct Campaign {
  std::string contract_sha256, session_sha256;
  Contract contract;
  Session session;
  std::vector<Item> roster;
  Evidence evidence;
  std::vector<NodeFacts> nodes;
  std::string evidence_root;          ///< RFC 6962 root over nodes/*.jws, hex.
  std::uint64_t evidence_leaves = 0;  ///< One for each node of the session.
  std::vector<std::string> remarks;   ///< From the evidence, in the report: dropped bytes, resumes.
  std::vector<std::string> strays;    ///< Of the folder, not in the report: files that are no part.
};

/// How many attempts are excused by the key that the session names as the buyer's.
[[nodiscard]] std::uint64_t excuses_in(const Campaign& campaign);

/// Reads and checks contract, session, node signatures, journals and the digests of the blobs. What
/// is broken is an error that names the file and line; it never becomes missing evidence. With
/// `deep`, every `end` line is recomputed from its blob.
[[nodiscard]] Result<Campaign> read_campaign(const std::string& folder, bool deep);

}  // namespace assay
