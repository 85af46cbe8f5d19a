// The verifier's own policy.json (assay.policy/1): whom he trusts, for what. It never comes from
// the campaign that is verified.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/result.h"
#include "reports/digest.h"
#include "reports/role.h"

namespace assay {

/// Who may sign in a role: the holder of a pinned certificate, or of one that an anchor vouches
/// for and that names this organisation.
struct PolicySigner {
  Role role = Role::supplier;
  std::vector<Digest> pinned;           ///< SHA-256 of certificates.
  std::vector<Bytes> anchors;           ///< DER of the certificates where a chain may end.
  std::string organization_identifier;  ///< Required with anchors, and the same in the certificate.
};

enum class Revocation {
  required,    ///< This version has no revocation data, so a chain is indeterminate at best.
  not_checked  ///< The verifier accepts that, and it is said.
};

struct Policy {
  std::vector<std::string> algorithms{"ES256"};
  std::vector<PolicySigner> signers;
  std::vector<Role> required;     ///< Roles that must have signed.
  std::uint32_t threshold = 1;    ///< Least number of signers.
  std::int64_t iat_skew_s = 300;  ///< How far a signer's clock may be ahead of the verifier's.
  Revocation revocation = Revocation::required;
  std::string buyer_key;           ///< As Session::buyer_key: whose excuses count; "": nobody's.
  std::optional<Digest> contract;  ///< The contract that must have been judged; absent: any.
  std::optional<Digest> session;   ///< The one session that counts; absent: any.
};

/// Strict and closed. Anchors are base64 of DER, or paths of PEM files relative to `folder`. Fails
/// with bad_input and the place, also if a certificate or organisation stands in two signers, or
/// if a required role has no signer.
[[nodiscard]] Result<Policy> read_policy(std::string_view text, const std::string& folder);
[[nodiscard]] Result<Policy> read_policy_file(const std::string& path);

/// The policy of a pilot: one pinned certificate, whose role is required.
[[nodiscard]] std::string write_pilot_policy(Role role, const Digest& certificate);

}  // namespace assay
