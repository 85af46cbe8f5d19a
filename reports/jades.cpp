#include "reports/jades.h"

#include <algorithm>

#include "reports/json.h"

namespace assay {
namespace {

Error refused(const std::string& why) {
  return Error{Error::Code::bad_input, why};
}

std::string protected_header(const Signer& signer, std::int64_t now_s) {
  Json::Array chain;
  for (const Certificate& certificate : signer.chain) {
    chain.emplace_back(base64(certificate.der));
  }
  const Json::Object commitment{{"commId", Json::Object{{"id", entry_of(signer.role).commitment}}}};
  return base64url(
      canonical_json(Json::Object{{"alg", "ES256"},
                                  {"cty", k_report_type},
                                  {"iat", now_s},
                                  {"srCms", Json::Array{commitment}},
                                  {"typ", "JOSE+JSON"},
                                  {"x5c", std::move(chain)},
                                  {"x5t#S256", base64url(signer.chain.front().sha256)}}));
}

Json entry_json(const std::string& protected_text, const Bytes& signature) {
  return Json::Object{{"protected", protected_text}, {"signature", base64url(signature)}};
}

/// What stands between the dot and the signature.
std::string signing_input(const std::string& protected_text, std::string_view report) {
  return protected_text + "." + base64url(report);
}

std::string envelope_text(const Envelope& envelope, Json::Array entries) {
  Json::Object document{{"signatures", std::move(entries)}};
  if (envelope.payload) {
    document.emplace_back("payload", *envelope.payload);
  }
  return canonical_json(document);
}

Result<Done> check_signer(const Signer& signer, const Envelope& envelope) {
  if (signer.chain.empty()) {
    return refused("a signature needs the signer's certificate");
  }
  const Certificate& certificate = signer.chain.front();
  if (certificate.public_key != signer.key.public_key()) {
    return refused("the certificate is not that of the key");
  }
  if (!certificate.may_sign) {
    return refused("the certificate's key usage does not allow signatures");
  }
  const bool already =
      std::any_of(envelope.entries.begin(), envelope.entries.end(), [&](const JadesEntry& entry) {
        return entry.header.signer().public_key == certificate.public_key;
      });
  if (already) {
    return refused("this key has signed the report already");
  }
  if (envelope.entries.size() >= k_most_signatures) {
    return refused("the report has as many signatures as it can have");
  }
  return Done{};
}

}  // namespace

Result<std::string> add_signature(std::string_view envelope, std::string_view report,
                                  const Signer& signer, std::int64_t now_s) {
  Envelope existing;
  if (!envelope.empty()) {
    auto read = read_envelope(envelope);
    if (!read) {
      return read.error();
    }
    existing = std::move(*read);
  }
  if (auto checked = check_signer(signer, existing); !checked) {
    return checked.error();
  }
  Json::Array entries;
  for (const JadesEntry& entry : existing.entries) {
    entries.push_back(entry_json(entry.protected_text, entry.signature));
  }
  const std::string header = protected_header(signer, now_s);
  const auto signature = signer.key.sign(signing_input(header, report));
  if (!signature) {
    return signature.error();
  }
  entries.push_back(entry_json(header, *signature));
  return envelope_text(existing, std::move(entries));
}

Result<FittingSignatures> drop_outdated(std::string_view envelope, std::string_view report) {
  auto read = read_envelope(envelope);
  if (!read) {
    return read.error();
  }
  FittingSignatures found;
  const bool other_payload = read->payload && *read->payload != base64url(report);
  Json::Array entries;
  for (std::size_t i = 0; i < read->entries.size(); ++i) {
    const JadesEntry& entry = read->entries[i];
    const auto verified = verify_entry(entry, report);
    if (!verified) {  // over no report at all, for all that anybody can say
      return refused("signatures[" + std::to_string(i) + "]: " + verified.error().message);
    }
    if (*verified) {
      entries.push_back(entry_json(entry.protected_text, entry.signature));
    } else {
      found.dropped.push_back(entry.header.signer());
    }
  }
  if (found.dropped.empty() && !other_payload) {
    found.envelope = envelope;
  } else if (!entries.empty()) {
    read->payload = other_payload ? std::nullopt : std::move(read->payload);
    found.envelope = envelope_text(*read, std::move(entries));
  }
  return found;
}

Result<bool> verify_entry(const JadesEntry& entry, std::string_view report) {
  return verify_es256(entry.header.signer().public_key, signing_input(entry.protected_text, report),
                      entry.signature);
}

}  // namespace assay
