#include "reports/jws.h"

#include <gtest/gtest.h>

#include "tests/reports/signing_support.h"

namespace assay {
namespace {

class CompactJws : public ::testing::Test {
 protected:
  [[nodiscard]] std::string refusal(const std::string& jws) const {
    const auto payload = open_compact(key_.public_key(), k_node_type, jws);
    return payload ? "accepted" : payload.error().message;
  }
  /// A JWS of this header, properly signed.
  [[nodiscard]] std::string with_header(const std::string& header) const {
    const std::string text = base64url(header) + "." + base64url("payload");
    return text + "." + base64url(key_.sign(text).value());
  }
  const PrivateKey key_ = PrivateKey::generate().value();
  const std::string jws_ = sign_compact(key_, k_node_type, "payload").value();
};

TEST_F(CompactJws, GivesItsPayload) {
  EXPECT_EQ(*open_compact(key_.public_key(), k_node_type, jws_), "payload");
  EXPECT_EQ(with_header(R"({"alg":"ES256","cty":"vnd.assay.node+json"})").substr(0, 60),
            jws_.substr(0, 60));
}

TEST_F(CompactJws, IsRefusedWithAnyBitFlipped) {
  for (std::size_t i = 0; i < jws_.size(); ++i) {
    std::string other = jws_;
    other[i] = other[i] == 'A' ? 'B' : 'A';
    if (other != jws_) {
      EXPECT_NE(refusal(other), "accepted") << i;
    }
  }
}

TEST_F(CompactJws, ByAnotherKeyIsRefused) {
  const auto other = sign_compact(PrivateKey::generate().value(), k_node_type, "payload");
  EXPECT_EQ(refusal(*other), "the signature is not that of the expected key");
}

TEST_F(CompactJws, OfAnotherKindOfStatementIsRefused) {
  EXPECT_NE(refusal(sign_compact(key_, k_excuse_type, "payload").value()), "accepted");
}

TEST_F(CompactJws, WithAnyOtherHeaderIsRefused) {
  EXPECT_EQ(refusal(with_header(R"({"alg":"ES256","cty":"vnd.assay.node+json"})")), "accepted");
  for (const char* header :
       {R"({"alg":"none","cty":"vnd.assay.node+json"})",
        R"({"alg":"HS256","cty":"vnd.assay.node+json"})", R"({"alg":"ES256"})",
        R"({"alg":"ES256","b64":false,"crit":["b64"],"cty":"vnd.assay.node+json"})",
        R"({"alg":"ES256","cty":"vnd.assay.node+json","jwk":{}})",
        R"({"cty":"vnd.assay.node+json","alg":"ES256"})", "", "[]"}) {
    EXPECT_NE(refusal(with_header(header)), "accepted") << header;
  }
}

TEST_F(CompactJws, InASecondSpellingIsRefused) {
  for (const std::string& other :
       {jws_ + "=", jws_ + "\n", " " + jws_, jws_ + ".", jws_.substr(0, jws_.rfind('.')),
        jws_.substr(0, jws_.rfind('.') + 1), std::string(), std::string("..")}) {
    EXPECT_NE(refusal(other), "accepted") << other;
  }
}

}  // namespace
}  // namespace assay
