// Compact JWS (RFC 7515) with ES256: what a node says of its evidence, and a buyer of an excuse.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "harness/model/result.h"
#include "reports/keys.h"

namespace assay {

inline constexpr std::string_view k_node_type = "vnd.assay.node+json";
inline constexpr std::string_view k_excuse_type = "vnd.assay.excuse+json";

/// header.payload.signature, the header being exactly {"alg":"ES256","cty":content_type}: which
/// kind of statement was signed is signed with it.
[[nodiscard]] Result<std::string> sign_compact(const PrivateKey& key, std::string_view content_type,
                                               std::string_view payload);

/// The payload of a compact JWS by `public_key` of that content type. Fails with bad_input on
/// anything else; the payload is not parsed before the signature has been verified.
[[nodiscard]] Result<std::string> open_compact(std::span<const std::uint8_t> public_key,
                                               std::string_view content_type, std::string_view jws);

}  // namespace assay
