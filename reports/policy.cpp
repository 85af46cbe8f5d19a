#include "reports/policy.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "reports/certificate.h"
#include "reports/files.h"
#include "reports/json.h"
#include "reports/members.h"

namespace assay {
namespace {

constexpr std::string_view k_schema = "assay.policy/1";
constexpr std::size_t k_policy_bytes = std::size_t{1} << 20;
constexpr std::int64_t k_longest_skew_s = 86'400;
constexpr std::int64_t k_most_signers = 16;

Error refused(const std::string& place, const std::string& why) {
  return Error{Error::Code::bad_input, place + ": " + why};
}

Result<std::vector<std::string>> read_texts(const Json* list, const std::string& place) {
  std::vector<std::string> texts;
  for (const Json& each : *list->array()) {
    if (each.text() == nullptr) {
      return refused(place + "[" + std::to_string(texts.size()) + "]", "must be a string");
    }
    texts.push_back(*each.text());
  }
  if (texts.empty()) {
    return refused(place, "must not be empty");
  }
  return texts;
}

/// Base64 of DER, or else the path of a PEM file.
Result<std::vector<Bytes>> read_anchor(const std::string& text, const std::string& folder) {
  if (auto der = from_base64(text); der && read_certificate(*der)) {
    return std::vector<Bytes>{std::move(*der)};
  }
  const std::filesystem::path path(text);
  const auto pem = read_file(
      path.is_absolute() ? text : (std::filesystem::path(folder) / path).string(), k_policy_bytes);
  if (!pem) {
    return pem.error();
  }
  return certificates_from_pem(*pem);
}

Result<Done> read_anchors(PolicySigner& signer, const Json* list, const std::string& place,
                          const std::string& folder) {
  const auto texts = read_texts(list, place);
  if (!texts) {
    return texts.error();
  }
  for (std::size_t i = 0; i < texts->size(); ++i) {
    const auto anchors = read_anchor((*texts)[i], folder);
    if (!anchors) {
      return refused(place + "[" + std::to_string(i) + "]", anchors.error().message);
    }
    signer.anchors.insert(signer.anchors.end(), anchors->begin(), anchors->end());
  }
  return Done{};
}

Result<Done> read_pins(PolicySigner& signer, const Json* list, const std::string& place) {
  const auto texts = read_texts(list, place);
  if (!texts) {
    return texts.error();
  }
  for (std::size_t i = 0; i < texts->size(); ++i) {
    const auto digest = digest_from_hex((*texts)[i]);
    if (!digest) {
      return refused(place + "[" + std::to_string(i) + "]", digest.error().message);
    }
    signer.pinned.push_back(*digest);
  }
  return Done{};
}

Result<PolicySigner> read_signer(const Json& value, const std::string& place,
                                 const std::string& folder) {
  Members members(value, place);
  PolicySigner signer;
  const auto role = role_from(members.text("role"));
  if (!role) {
    members.fail("role", "is none of supplier, buyer, witness, lab");
  }
  const Json* pins =
      members.has("certificate_sha256") ? members.array("certificate_sha256") : nullptr;
  const Json* anchors = members.has("anchors") ? members.array("anchors") : nullptr;
  signer.organization_identifier = members.text_or("organization_identifier", "");
  if ((pins == nullptr) == (anchors == nullptr)) {
    members.fail("", "must have either certificate_sha256 or anchors");
  }
  if ((anchors == nullptr) != signer.organization_identifier.empty()) {
    members.fail("organization_identifier", "goes with anchors, and is required with them");
  }
  if (auto done = members.done(); !done) {
    return done.error();
  }
  signer.role = *role;
  const auto read = pins != nullptr
                        ? read_pins(signer, pins, members.place_of("certificate_sha256"))
                        : read_anchors(signer, anchors, members.place_of("anchors"), folder);
  if (!read) {
    return read.error();
  }
  return signer;
}

Result<std::vector<PolicySigner>> read_signers(const Json& list, const std::string& folder) {
  std::vector<PolicySigner> signers;
  std::set<std::string> identities;
  for (const Json& each : *list.array()) {
    const std::string place = "signers[" + std::to_string(signers.size()) + "]";
    auto signer = read_signer(each, place, folder);
    if (!signer) {
      return signer.error();
    }
    std::vector<std::string> names;
    for (const Digest& pin : signer->pinned) {
      names.push_back("pin " + hex(pin));
    }
    if (!signer->anchors.empty()) {
      names.push_back("organisation " + signer->organization_identifier);
    }
    for (const std::string& name : names) {
      if (!identities.insert(name).second) {
        return refused(place, "names a party that stands in this policy already: " + name);
      }
    }
    signers.push_back(std::move(*signer));
  }
  if (signers.empty() || signers.size() > static_cast<std::size_t>(k_most_signers)) {
    return refused("signers", "must hold 1 to 16 signers");
  }
  return signers;
}

Result<std::vector<Role>> read_required(const Json& list,
                                        const std::vector<PolicySigner>& signers) {
  std::vector<Role> roles;
  for (const Json& each : *list.array()) {
    const std::string place = "required[" + std::to_string(roles.size()) + "]";
    const auto role = each.text() == nullptr ? std::nullopt : role_from(*each.text());
    if (!role) {
      return refused(place, "is none of supplier, buyer, witness, lab");
    }
    if (std::find(roles.begin(), roles.end(), *role) != roles.end()) {
      return refused(place, "stands twice");
    }
    if (std::none_of(signers.begin(), signers.end(),
                     [role](const PolicySigner& signer) { return signer.role == *role; })) {
      return refused(place, "no signer has this role");
    }
    roles.push_back(*role);
  }
  return roles;
}

std::optional<Digest> read_named_digest(Members& members, std::string_view name) {
  if (!members.has(name)) {
    return std::nullopt;
  }
  const auto digest = digest_from_hex(members.text(name));
  if (!digest) {
    members.fail(name, "must be a SHA-256 in lower-case hex");
    return std::nullopt;
  }
  return *digest;
}

Revocation read_revocation(Members& members) {
  const std::string text = members.text_or("revocation", "required");
  if (text != "required" && text != "not_checked") {
    members.fail("revocation", "must be required or not_checked");
  }
  return text == "not_checked" ? Revocation::not_checked : Revocation::required;
}

/// The lists, and what the members say of each other.
Result<Done> read_lists(Policy& policy, Members& members, const std::string& folder) {
  const Json* algorithms = members.array("algorithms");
  const Json* signers = members.array("signers");
  const Json* required = members.array("required");
  if (auto done = members.done(); !done) {
    return done.error();
  }
  auto names = read_texts(algorithms, "algorithms");
  if (!names) {
    return names.error();
  }
  if (*names != std::vector<std::string>{"ES256"}) {
    return refused("algorithms", "this version verifies ES256 and nothing else");
  }
  auto parties = read_signers(*signers, folder);
  if (!parties) {
    return parties.error();
  }
  auto roles = read_required(*required, *parties);
  if (!roles) {
    return roles.error();
  }
  const auto is_anchored = [](const PolicySigner& signer) { return !signer.anchors.empty(); };
  if (members.has("revocation") && policy.revocation == Revocation::required &&
      std::none_of(parties->begin(), parties->end(), is_anchored)) {
    return refused("revocation",
                   "is required, but this policy pins every certificate and so vouches for each "
                   "itself; leave it out");
  }
  policy.algorithms = std::move(*names);
  policy.signers = std::move(*parties);
  policy.required = std::move(*roles);
  return Done{};
}

}  // namespace

Result<Policy> read_policy(std::string_view text, const std::string& folder) {
  const auto document = read_json(text, {.bytes = k_policy_bytes});
  if (!document) {
    return document.error();
  }
  Members members(*document, "");
  Policy policy;
  if (members.text("schema") != k_schema) {
    members.fail("schema", "must be " + std::string(k_schema));
  }
  policy.contract = read_named_digest(members, "contract_sha256");
  policy.session = read_named_digest(members, "session_sha256");
  if (members.has("buyer_key")) {
    policy.buyer_key = members.text("buyer_key");
    const auto key = from_base64(policy.buyer_key);
    if (!key || !is_p256(*key)) {
      members.fail("buyer_key", "must be base64 of a P-256 SubjectPublicKeyInfo");
    }
  }
  const std::int64_t threshold = members.whole_or("threshold", 1);
  if (threshold < 1 || threshold > k_most_signers) {
    members.fail("threshold", "must be from 1 to 16");
  }
  policy.iat_skew_s = members.whole_or("max_iat_skew_s", policy.iat_skew_s);
  if (policy.iat_skew_s > k_longest_skew_s) {
    members.fail("max_iat_skew_s", "must be at most a day");
  }
  policy.revocation = read_revocation(members);
  if (auto read = read_lists(policy, members, folder); !read) {
    return read.error();
  }
  policy.threshold = static_cast<std::uint32_t>(threshold);
  return policy;
}

Result<Policy> read_policy_file(const std::string& path) {
  const auto text = read_named_file(path, k_policy_bytes);
  if (!text) {
    return text.error();
  }
  auto policy = read_policy(*text, std::filesystem::path(path).parent_path().string());
  if (!policy) {
    return refused(path, policy.error().message);
  }
  return policy;
}

std::string write_pilot_policy(Role role, const Digest& certificate) {
  const std::string_view name = entry_of(role).name;
  const Json::Object signer{{"certificate_sha256", Json::Array{hex(certificate)}}, {"role", name}};
  return canonical_json(Json::Object{{"algorithms", Json::Array{"ES256"}},
                                     {"required", Json::Array{name}},
                                     {"schema", k_schema},
                                     {"signers", Json::Array{signer}},
                                     {"threshold", 1}});
}

}  // namespace assay
