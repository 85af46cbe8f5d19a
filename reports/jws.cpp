#include "reports/jws.h"

#include "reports/json.h"

namespace assay {
namespace {

std::string header_of(std::string_view content_type) {
  return base64url(canonical_json(Json::Object{{"alg", "ES256"}, {"cty", content_type}}));
}

Error refused(const std::string& why) {
  return Error{Error::Code::bad_input, why};
}

}  // namespace

Result<std::string> sign_compact(const PrivateKey& key, std::string_view content_type,
                                 std::string_view payload) {
  const std::string signed_text = header_of(content_type) + "." + base64url(payload);
  const auto signature = key.sign(signed_text);
  if (!signature) {
    return signature.error();
  }
  return signed_text + "." + base64url(*signature);
}

Result<std::string> open_compact(std::span<const std::uint8_t> public_key,
                                 std::string_view content_type, std::string_view jws) {
  const std::size_t first = jws.find('.');
  const std::size_t last = jws.rfind('.');
  if (first == std::string_view::npos || first == last) {
    return refused("is no compact JWS");
  }
  if (jws.substr(0, first) != header_of(content_type)) {
    return refused("its header isn't exactly that of an ES256 signature over " +
                   std::string(content_type));
  }
  const auto signature = from_base64url(jws.substr(last + 1));
  const auto payload = from_base64url(jws.substr(first + 1, last - first - 1));
  if (!signature || !payload) {
    return refused("is not base64url");
  }
  const auto verified = verify_es256(public_key, jws.substr(0, last), *signature);
  if (!verified) {
    return verified.error();
  }
  if (!*verified) {
    return refused("the signature is not that of the expected key");
  }
  return std::string(text_of(*payload));
}

}  // namespace assay
