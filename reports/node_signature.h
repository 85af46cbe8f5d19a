// The node's compact JWS over its statement, made by the runner and checked by every reader.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/model/result.h"
#include "reports/campaign.h"
#include "reports/jws.h"
#include "reports/node_statement.h"

namespace assay {

/// Signs what the node's journal and the blobs it names are now, and writes nodes/<n>.jws.
/// Fails with bad_input if the journal is broken or a blob is missing or of another size.
[[nodiscard]] Result<Done> sign_node(const CampaignPaths& paths, const std::string& session_sha256,
                                     std::uint32_t node, const PrivateKey& key);

/// The statement in `jws`, if it was signed by the key with this base64 SubjectPublicKeyInfo.
[[nodiscard]] Result<NodeStatement> open_node_signature(std::string_view jws,
                                                        const std::string& node_key);

}  // namespace assay
