#include "reports/signature_check.h"

#include <algorithm>
#include <optional>

#include "reports/chain.h"
#include "reports/jades.h"
#include "reports/shown.h"

namespace assay {
namespace {

constexpr auto k_failed = Indication::total_failed;
constexpr auto k_unsure = Indication::indeterminate;

std::optional<SignatureFault> check_bytes(const JadesEntry& entry, std::string_view report) {
  if (!is_p256(entry.header.signer().public_key)) {
    return SignatureFault{k_failed, "SIG_CRYPTO_FAILURE",
                          "the certificate's key is not of P-256, so it can't have made ES256"};
  }
  const auto verified = verify_entry(entry, report);
  if (!verified) {
    return SignatureFault{k_failed, "FORMAT_FAILURE", verified.error().message};
  }
  if (!*verified) {
    return SignatureFault{
        k_failed, "SIG_CRYPTO_FAILURE",
        "the signature is not over these bytes of the report, or not by this key"};
  }
  return std::nullopt;
}

std::optional<SignatureFault> check_times(const JadesHeader& header, const Policy& policy,
                                          std::int64_t at_s) {
  const Certificate& certificate = header.signer();
  if (header.issued_at_s > certificate.not_after_s) {
    return SignatureFault{k_failed, "EXPIRED", "was made after its certificate had expired"};
  }
  if (header.issued_at_s < certificate.not_before_s) {
    return SignatureFault{k_failed, "NOT_YET_VALID", "was made before its certificate was valid"};
  }
  if (at_s > certificate.not_after_s || at_s < certificate.not_before_s) {
    return SignatureFault{
        k_unsure, "OUT_OF_BOUNDS_NO_POE",
        "its certificate is not valid at the time of verification, and no time-stamp "
        "proves that the signature was there when it was"};
  }
  if (header.issued_at_s > at_s + policy.iat_skew_s) {
    return SignatureFault{k_unsure, "SIG_CONSTRAINTS_FAILURE",
                          "says that it was made after the time of verification"};
  }
  return std::nullopt;
}

const PolicySigner* pinned_signer(const Policy& policy, const Digest& certificate) {
  for (const PolicySigner& signer : policy.signers) {
    if (std::find(signer.pinned.begin(), signer.pinned.end(), certificate) != signer.pinned.end()) {
      return &signer;
    }
  }
  return nullptr;
}

const PolicySigner* anchored_signer(const Policy& policy, const Subject& subject) {
  for (const PolicySigner& signer : policy.signers) {
    if (!signer.anchors.empty() &&
        signer.organization_identifier == subject.organization_identifier) {
      return &signer;
    }
  }
  return nullptr;
}

std::optional<SignatureFault> check_anchored(const JadesHeader& header, const PolicySigner& signer,
                                             const Policy& policy, std::int64_t at_s) {
  if (auto finding = check_chain(header.chain, signer.anchors, at_s)) {
    return finding;
  }
  if (policy.revocation == Revocation::required) {
    return SignatureFault{k_unsure, "TRY_LATER",
                          "there is no revocation data for its chain, and the policy doesn't say "
                          "\"revocation\": \"not_checked\""};
  }
  return std::nullopt;
}

/// Who signed, or what speaks against it.
struct Identity {
  const PolicySigner* signer = nullptr;  ///< nullptr: nobody that the policy knows.
  std::optional<SignatureFault> finding;
};

constexpr std::string_view k_no_chain = "NO_CERTIFICATE_CHAIN_FOUND";

Identity identify(const JadesHeader& header, const Policy& policy, std::int64_t at_s) {
  const Certificate& certificate = header.signer();
  Identity found;
  found.signer = pinned_signer(policy, certificate.sha256);
  if (found.signer == nullptr) {
    found.signer = anchored_signer(policy, certificate.subject);
    if (found.signer == nullptr) {
      found.finding =
          SignatureFault{k_unsure, std::string(k_no_chain),
                         "its certificate is neither pinned nor vouched for by the policy"};
      return found;
    }
    found.finding = check_anchored(header, *found.signer, policy, at_s);
    if (found.finding && found.finding->sub_indication == k_no_chain) {
      found.signer = nullptr;  // anyone can write an organisation's name into a certificate
      return found;
    }
  }
  if (!found.finding && !certificate.may_sign) {
    found.finding = SignatureFault{k_unsure, "CHAIN_CONSTRAINTS_FAILURE",
                                   "its certificate's key usage does not allow signatures"};
  }
  if (!found.finding && entry_of(found.signer->role).commitment != header.commitment) {
    found.finding = SignatureFault{k_unsure, "SIG_CONSTRAINTS_FAILURE",
                                   "claims another role than that of " +
                                       std::string(entry_of(found.signer->role).name) +
                                       ", which the policy gives its certificate"};
  }
  return found;
}

bool same_organization(const Subject& a, const Subject& b) {
  return (!a.organization.empty() && a.organization == b.organization) ||
         (!a.organization_identifier.empty() &&
          a.organization_identifier == b.organization_identifier);
}

/// One party can't stand for two. `known`: the entries before it by parties that the policy knows.
std::optional<SignatureFault> check_distinct(const std::vector<JadesEntry>& entries,
                                             const std::vector<std::size_t>& known,
                                             std::size_t index) {
  const Certificate& own = entries[index].header.signer();
  if (own.subject.organization.empty() && own.subject.organization_identifier.empty()) {
    return SignatureFault{k_unsure, "SIG_CONSTRAINTS_FAILURE",
                          "its certificate names no organisation"};
  }
  for (const std::size_t i : known) {
    const Certificate& other = entries[i].header.signer();
    if (other.public_key == own.public_key) {
      return SignatureFault{k_unsure, "SIG_CONSTRAINTS_FAILURE",
                            "its key has signed already: signatures[" + std::to_string(i) + "]"};
    }
    if (same_organization(other.subject, own.subject)) {
      return SignatureFault{
          k_unsure, "SIG_CONSTRAINTS_FAILURE",
          "its organisation has signed already: signatures[" + std::to_string(i) + "]"};
    }
  }
  return std::nullopt;
}

std::string description_of(const Certificate& certificate) {
  const std::string& organization = certificate.subject.organization;
  return shown(certificate.subject.common_name) +
         (organization.empty() ? "" : ", " + shown(organization)) + " (" + hex(certificate.sha256) +
         ")";
}

std::string place_of(std::size_t index) {
  return "signatures[" + std::to_string(index) + "]: ";
}

std::string what_the_policy_misses(const Policy& policy, const std::vector<Role>& roles) {
  for (const Role role : policy.required) {
    if (std::find(roles.begin(), roles.end(), role) == roles.end()) {
      return "the signature of the " + std::string(entry_of(role).name) + " is missing";
    }
  }
  if (roles.size() < policy.threshold) {
    return std::to_string(roles.size()) + " of " + std::to_string(policy.threshold) +
           " signatures are there";
  }
  return "";
}

SignatureCheck refused(const SignatureFault& finding) {
  SignatureCheck check;
  check.indication = finding.indication;
  check.sub_indication = finding.sub_indication;
  check.sentence = finding.sentence;
  return check;
}

/// Envelope and attached payload, in the order of signing: form first, then bytes.
std::optional<SignatureFault> check_payload(const Envelope& envelope, std::string_view report) {
  if (envelope.payload && *envelope.payload != base64url(report)) {
    return SignatureFault{k_failed, "HASH_FAILURE",
                          "payload: is not the report that stands beside it"};
  }
  return std::nullopt;
}

void say_what_was_checked(SignatureCheck& check, const Policy& policy) {
  check.checked = {"every signature in report.sig.json, over the exact bytes of report.json",
                   "the signers' certificates, roles and organisations against the policy",
                   "the certificates' validity at the time of verification"};
  check.not_checked = {"time-stamps: there are none, so when it was signed is the signers' word",
                       "whether a certificate or time-stamp is qualified"};
  // With revocation required, nobody comes this far but by a pinned certificate.
  check.not_checked.emplace_back(policy.revocation == Revocation::required
                                     ? "revocation: the policy pins these certificates"
                                     : "revocation: the policy does without");
}

/// What all signatures together come to.
class Signatures {
 public:
  Signatures(const std::vector<JadesEntry>& entries, const Policy& policy, std::int64_t at_s)
      : entries_(entries), policy_(policy), at_s_(at_s) {}

  /// A wrong signature fails whoever made it. Whom the policy doesn't know counts for nothing, good
  /// or bad: everybody who touches the file can add himself to it.
  void take(std::size_t index, std::string_view report) {
    const JadesEntry& entry = entries_[index];
    note(check_bytes(entry, report), index);
    if (const auto first = first_of(index); first != index) {
      copies_.push_back({index, first});
      return;
    }
    Identity identity = identify(entry.header, policy_, at_s_);
    if (identity.signer == nullptr) {
      unknown_.push_back({index, std::move(*identity.finding)});
      return;
    }
    note(std::move(identity.finding), index);
    note(check_times(entry.header, policy_, at_s_), index);
    note(check_distinct(entries_, known_, index), index);
    known_.push_back(index);
    roles_.push_back(identity.signer->role);
  }

  [[nodiscard]] SignatureCheck result() const {
    if (worst_) {
      return refused(*worst_);
    }
    if (known_.empty()) {
      SignatureFault fault = unknown_.front().fault;
      fault.sentence = place_of(unknown_.front().index) + fault.sentence;
      return refused(fault);
    }
    SignatureCheck check;
    check.indication = Indication::total_passed;
    check.sentence = what_the_policy_misses(policy_, roles_);
    check.policy_met = check.sentence.empty();
    check.earliest_s = entries_[known_.front()].header.issued_at_s;
    for (std::size_t i = 0; i < known_.size(); ++i) {
      const JadesHeader& header = entries_[known_[i]].header;
      check.earliest_s = std::min(check.earliest_s, header.issued_at_s);
      check.signers.push_back(std::string(entry_of(roles_[i]).name) + ": " +
                              description_of(header.signer()));
    }
    say_what_was_checked(check, policy_);
    for (const Unknown& one : unknown_) {
      check.not_checked.push_back(place_of(one.index) + "who " +
                                  description_of(entries_[one.index].header.signer()) +
                                  " is: " + one.fault.sentence + ", so it counts for nothing");
    }
    for (const Copy& copy : copies_) {
      check.not_checked.push_back(place_of(copy.index) + "says what signatures[" +
                                  std::to_string(copy.first) + "] says, so it counts for nothing");
    }
    return check;
  }

 private:
  struct Unknown {
    std::size_t index = 0;
    SignatureFault fault;
  };

  struct Copy {
    std::size_t index = 0, first = 0;
  };

  /// The first entry with the same header, certificate and time among it: everybody who touches the
  /// file can repeat one, and turn (r, s) into (r, -s).
  [[nodiscard]] std::size_t first_of(std::size_t index) const {
    std::size_t first = 0;
    while (entries_[first].protected_text != entries_[index].protected_text) {
      ++first;
    }
    return first;
  }

  /// The first fault stands, unless a failure comes after a doubt.
  void note(std::optional<SignatureFault> fault, std::size_t index) {
    if (fault && (!worst_ || (worst_->indication == k_unsure && fault->indication == k_failed))) {
      fault->sentence = place_of(index) + fault->sentence;
      worst_ = std::move(fault);
    }
  }

  const std::vector<JadesEntry>& entries_;
  const Policy& policy_;
  std::int64_t at_s_;
  std::optional<SignatureFault> worst_;
  std::vector<std::size_t> known_;  ///< Entries by parties that the policy knows,
  std::vector<Role> roles_;         ///< and the role of each.
  std::vector<Unknown> unknown_;
  std::vector<Copy> copies_;
};

}  // namespace

SignatureCheck check_signatures(const SignedBytes& bytes, const Policy& policy, std::int64_t at_s) {
  const auto envelope = read_envelope(bytes.envelope);
  if (!envelope) {
    const bool unsupported = envelope.error().code == Error::Code::unsupported;
    return refused({unsupported ? k_unsure : k_failed,
                    unsupported ? "POLICY_PROCESSING_ERROR" : "FORMAT_FAILURE",
                    envelope.error().message});
  }
  if (auto finding = check_payload(*envelope, bytes.report)) {
    return refused(*finding);
  }
  Signatures signatures(envelope->entries, policy, at_s);
  for (std::size_t i = 0; i < envelope->entries.size(); ++i) {
    signatures.take(i, bytes.report);
  }
  return signatures.result();
}

}  // namespace assay
