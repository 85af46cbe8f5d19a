// session.json: what was fixed before the first run.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/contract.h"
#include "harness/model/result.h"
#include "reports/digest.h"

namespace assay {

/// Each round reveals one more link of the buyer's hash chain: link(r-1) = SHA-256(link(r)), and
/// link(0) is the anchor that stands in the session. So no link is known before it is revealed,
/// and every revealed one is checked against the anchor.
struct NonceChain {
  Digest anchor{};           ///< link(0)
  std::uint32_t rounds = 0;  ///< How many links there are.
};

struct SessionNode {
  std::uint32_t node = 0;
  std::string key;  ///< base64 of the node's public key, SubjectPublicKeyInfo DER, P-256.
};

struct Session {
  std::string id;
  std::string contract_sha256, plan_sha256, tool_sha256;  ///< Lower-case hex.
  std::string created;                                    ///< RFC 3339, UTC, "Z".
  Purpose purpose = Purpose::demonstration;
  NonceChain nonce;
  std::uint32_t days = 1;
  std::vector<std::string> items;  ///< Ids of the roster, in its order: the frozen denominator.
  std::vector<SessionNode> nodes;
  /// FLOPs, operations or bytes of one step, by clause: what the case works out from the contract's
  /// params alone. A clause that isn't here leaves it to the machine.
  std::map<std::string, Natural> work_per_step;
  std::vector<std::string> marks;  ///< "emulated", "simulated", ...: can never become acceptance.
  std::string buyer_key;           ///< As SessionNode::key; signs excuses. "" where none is named.
};

/// The marks that evidence may carry: "emulated", "simulated", "replayed", "reduced".
[[nodiscard]] bool is_mark(std::string_view name);

[[nodiscard]] std::string write_session(const Session& session);  ///< Canonical JSON.
[[nodiscard]] Result<Session> read_session(std::string_view text);

/// The clauses with a rate for a limit whose work of a step the contract leaves to the machine, or
/// whose case this release doesn't know.
[[nodiscard]] std::vector<std::string> clauses_without_work(const Contract& contract,
                                                            const Session& session);

/// link(round) from the last link of a chain of `rounds`: its SHA-256 taken rounds - round times.
[[nodiscard]] Digest nonce_link(const Digest& last, std::uint32_t rounds, std::uint32_t round);
/// Whether `link` is link(round) of the chain with this anchor.
[[nodiscard]] bool is_link(const NonceChain& chain, std::uint32_t round, const Digest& link);

}  // namespace assay
