// Reading report.sig.json: every byte is in its place, or it is refused.
#include <algorithm>

#include "reports/jades.h"
#include "reports/json.h"
#include "reports/members.h"
#include "reports/shown.h"

namespace assay {
namespace {

constexpr std::size_t k_header_bytes = std::size_t{64} << 10;
constexpr std::size_t k_longest_chain = 8;
constexpr JsonLimits k_limits{.bytes = k_envelope_bytes, .depth = 8, .values = 1000};

Error refused(const std::string& place, const std::string& why) {
  return Error{Error::Code::bad_input, place + ": " + why};
}

/// [{"commId":{"id": uri}}], exactly one.
Result<std::string> read_commitment(const Json& value, const std::string& place) {
  const Json::Array& list = *value.array();
  if (list.size() != 1) {
    return refused(place, "must hold exactly one commitment");
  }
  Members outer(list.front(), place + "[0]");
  const Json* type = outer.object("commId");
  if (auto done = outer.done(); !done) {
    return done.error();
  }
  Members inner(*type, place + "[0].commId");
  std::string uri = inner.text("id");
  if (!is_commitment(uri)) {
    inner.fail("id", "is no known commitment: " + shown(uri));
  }
  if (auto done = inner.done(); !done) {
    return done.error();
  }
  return uri;
}

Result<std::vector<Certificate>> read_chain(const Json& value, const std::string& place) {
  const Json::Array& list = *value.array();
  if (list.empty() || list.size() > k_longest_chain) {
    return refused(place, "must hold 1 to " + std::to_string(k_longest_chain) + " certificates");
  }
  std::vector<Certificate> chain;
  for (const Json& each : list) {
    const std::string here = place + "[" + std::to_string(chain.size()) + "]";
    const auto der = each.text() == nullptr ? Result<Bytes>(refused(here, "must be a string"))
                                            : from_base64(*each.text());
    if (!der) {
      return refused(here, "is not base64");
    }
    auto certificate = read_certificate(*der);
    if (!certificate) {
      return refused(here, certificate.error().message);
    }
    chain.push_back(std::move(*certificate));
  }
  return chain;
}

Result<JadesHeader> read_header(std::string_view text, const std::string& place) {
  const auto document = read_json(text, {.bytes = k_header_bytes, .depth = 8, .values = 100});
  if (!document) {
    return refused(place, document.error().message);
  }
  Members members(*document, place);
  JadesHeader header;
  header.algorithm = members.text("alg");
  if (header.algorithm != "ES256") {
    members.fail("alg", "must be ES256, not '" + shown(header.algorithm) + "'");
  }
  if (members.text("typ") != "JOSE+JSON") {
    members.fail("typ", "must be JOSE+JSON");
  }
  if (members.text("cty") != k_report_type) {
    members.fail("cty", "must be " + std::string(k_report_type));
  }
  header.issued_at_s = members.whole("iat");
  const Json* commitments = members.array("srCms");
  const Json* certificates = members.array("x5c");
  const std::string digest = members.text("x5t#S256");
  if (auto done = members.done(); !done) {
    return done.error();
  }
  auto commitment = read_commitment(*commitments, members.place_of("srCms"));
  if (!commitment) {
    return commitment.error();
  }
  auto chain = read_chain(*certificates, members.place_of("x5c"));
  if (!chain) {
    return chain.error();
  }
  if (digest != base64url(chain->front().sha256)) {
    return refused(members.place_of("x5t#S256"), "is not the digest of x5c[0]");
  }
  header.commitment = std::move(*commitment);
  header.chain = std::move(*chain);
  return header;
}

Result<JadesEntry> read_entry(const Json& value, const std::string& place) {
  if (const Json* unprotected = value.find("header")) {
    Members members(*unprotected, place + ".header");
    members.optional("etsiU");
    if (auto done = members.done(); !done) {
      return done.error();
    }
    return Error{Error::Code::unsupported,
                 place + ".header: time-stamps (etsiU) are not supported by this version"};
  }
  Members members(value, place);
  JadesEntry entry;
  entry.protected_text = members.text("protected");
  const std::string signature = members.text("signature");
  if (auto done = members.done(); !done) {
    return done.error();
  }
  const auto header_bytes = from_base64url(entry.protected_text);
  if (!header_bytes) {
    return refused(members.place_of("protected"), header_bytes.error().message);
  }
  auto header = read_header(text_of(*header_bytes), members.place_of("protected"));
  if (!header) {
    return header.error();
  }
  auto raw = from_base64url(signature);
  if (!raw) {
    return refused(members.place_of("signature"), raw.error().message);
  }
  entry.header = std::move(*header);
  entry.signature = std::move(*raw);
  return entry;
}

}  // namespace

Result<Envelope> read_envelope(std::string_view text) {
  const auto document = read_json(text, k_limits);
  if (!document) {
    return document.error();
  }
  Members members(*document, "");
  Envelope envelope;
  if (members.has("payload")) {
    envelope.payload = members.text("payload");
  }
  const Json* list = members.array("signatures");
  if (auto done = members.done(); !done) {
    return done.error();
  }
  const std::size_t count = list->array()->size();
  if (count == 0 || count > k_most_signatures) {
    return refused("signatures",
                   "must hold 1 to " + std::to_string(k_most_signatures) + " signatures");
  }
  for (const Json& each : *list->array()) {
    auto entry = read_entry(each, "signatures[" + std::to_string(envelope.entries.size()) + "]");
    if (!entry) {
      return entry.error();
    }
    envelope.entries.push_back(std::move(*entry));
  }
  return envelope;
}

}  // namespace assay
