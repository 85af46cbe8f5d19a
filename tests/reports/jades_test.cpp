// The form of report.sig.json. Numbers in comments are those of the list of attacks that the
// project keeps (docs/verification.md).
#include "reports/jades.h"

#include <gtest/gtest.h>

#include "tests/reports/signing_support.h"

namespace assay {
namespace {

using test::header_text;
using test::replaced;

constexpr std::string_view k_report = R"({"schema":"assay.report/1"})";

class Jades : public ::testing::Test {
 protected:
  [[nodiscard]] static std::string refusal(const std::string& envelope) {
    const auto read = read_envelope(envelope);
    return read ? "accepted" : read.error().message;
  }
  /// What is said of the header with `from` replaced by `to`, properly signed.
  [[nodiscard]] std::string header_refusal(const std::string& from, const std::string& to) const {
    const std::string header = replaced(header_text(envelope_), from, to);
    return refusal(test::forge(header, supplier_.key, k_report));
  }
  /// The same with a member added.
  [[nodiscard]] std::string with_member(const std::string& member) const {
    return header_refusal(R"("typ":)", member + R"(,"typ":)");
  }
  const test::Party supplier_ = test::party("Signer", "Supplier AG");
  const std::string envelope_ = test::sign(supplier_, Role::supplier, k_report);
};

TEST_F(Jades, HasExactlyTheHeaderOfTheProfile) {
  const auto read = read_envelope(envelope_);
  ASSERT_TRUE(read) << read.error().message;
  const std::string der = base64(supplier_.certificate.der);
  const std::string digest = base64url(supplier_.certificate.sha256);
  EXPECT_EQ(header_text(envelope_),
            R"({"alg":"ES256","cty":"vnd.assay.report+json","iat":1770000000,)"
            R"("srCms":[{"commId":{"id":"http://uri.etsi.org/01903/v1.2.2#ProofOfOrigin"}}],)"
            R"("typ":"JOSE+JSON","x5c":[")" +
                der + R"("],"x5t#S256":")" + digest + "\"}");
  EXPECT_TRUE(*verify_entry(read->entries.at(0), k_report));
  EXPECT_FALSE(read->payload);
}

TEST_F(Jades, DropsWhatIsOverAnotherReportAndNothingElse) {
  const test::Party buyer = test::party("Approver", "Buyer");
  const auto whole = drop_outdated(envelope_, k_report);
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->envelope, envelope_);
  EXPECT_TRUE(whole->dropped.empty());
  const std::string mixed = test::sign(buyer, Role::buyer, "another report", envelope_);
  const auto mended = drop_outdated(mixed, k_report);
  ASSERT_TRUE(mended) << mended.error().message;
  EXPECT_EQ(mended->envelope, envelope_);
  ASSERT_EQ(mended->dropped.size(), 1U);
  EXPECT_EQ(mended->dropped[0].sha256, buyer.certificate.sha256);
  const auto none = drop_outdated(envelope_, "another report");
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_EQ(none->envelope, "");
  EXPECT_EQ(none->dropped.size(), 1U);
  EXPECT_FALSE(drop_outdated("{}", k_report));
}

TEST_F(Jades, RefusesToDropWhatCannotBeVerified) {
  auto document = read_json(envelope_).value();
  Json& entry = document.object()->front().second.array()->front();
  for (auto& [name, value] : *entry.object()) {
    value = name == "signature" ? Json(base64url(Bytes(63, 1))) : value;
  }
  const auto refused = drop_outdated(canonical_json(document), k_report);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Error::Code::bad_input);
  EXPECT_EQ(refused.error().message.find("signatures"), 0U) << refused.error().message;
}

TEST_F(Jades, DropsThePayloadOfAnotherReport) {
  const auto attached = [&](std::string_view payload) {
    return replaced(envelope_, R"({"signatures")",
                    R"({"payload":")" + base64url(payload) + R"(","signatures")");
  };
  EXPECT_EQ(drop_outdated(attached(k_report), k_report)->envelope, attached(k_report));
  EXPECT_EQ(drop_outdated(attached("another report"), k_report)->envelope, envelope_);
}

TEST_F(Jades, CommitsEachRoleToItsOwnType) {
  EXPECT_NE(entry_of(Role::supplier).commitment, entry_of(Role::buyer).commitment);
  EXPECT_NE(entry_of(Role::lab).commitment, entry_of(Role::supplier).commitment);
  for (const RoleEntry& entry : k_roles) {
    EXPECT_EQ(entry_of(entry.role).name, entry.name);
    EXPECT_EQ(role_from(entry.name), entry.role);
    EXPECT_EQ(
        read_envelope(test::sign(supplier_, entry.role, k_report))->entries[0].header.commitment,
        entry.commitment);
  }
}

TEST_F(Jades, AddsOneEntryAParty) {
  const test::Party buyer = test::party("Witness", "Buyer");
  const std::string both = test::sign(buyer, Role::buyer, k_report, envelope_);
  const auto read = read_envelope(both);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->entries.size(), 2U);
  EXPECT_TRUE(*verify_entry(read->entries[0], k_report));
  EXPECT_TRUE(*verify_entry(read->entries[1], k_report));
  EXPECT_EQ(read->entries[1].header.signer().subject.organization, "Buyer");
}

TEST_F(Jades, RefusesToSignTwiceWithOneKey) {
  EXPECT_FALSE(add_signature(envelope_, k_report,
                             {supplier_.key, {supplier_.certificate}, Role::buyer}, test::k_now));
}

TEST_F(Jades, RefusesToSignWithAnothersCertificate) {
  const test::Party other = test::party("x", "X");
  EXPECT_FALSE(add_signature("", k_report, {supplier_.key, {other.certificate}, Role::supplier},
                             test::k_now));
  EXPECT_FALSE(add_signature("", k_report, {supplier_.key, {}, Role::supplier}, test::k_now));
}

TEST_F(Jades, RefusesToAddToAnEnvelopeItWouldNotRead) {
  EXPECT_FALSE(add_signature(
      "{}", k_report, {supplier_.key, {supplier_.certificate}, Role::supplier}, test::k_now));
}

TEST_F(Jades, RefusesOtherAlgorithms) {  // 1, 2
  for (const char* algorithm : {"none", "HS256", "RS256", "ES384", "es256", "EdDSA", ""}) {
    EXPECT_NE(header_refusal("ES256", algorithm).find("alg: must be ES256"), std::string::npos)
        << algorithm;
  }
}

TEST_F(Jades, RefusesAnAlgorithmInAnUnprotectedHeader) {  // 3
  EXPECT_NE(
      refusal(replaced(envelope_, R"({"protected")", R"({"header":{"alg":"ES256"},"protected")"))
          .find("signatures[0].header.alg: is not a known member"),
      std::string::npos);
}

TEST_F(Jades, RefusesCriticalParameters) {  // 5
  for (const char* crit : {R"("crit":["x"])", R"("crit":[])", R"("crit":["alg"])",
                           R"("crit":["x"],"crit":["x"])", R"("crit":["sigD"],"sigD":{})"}) {
    EXPECT_NE(with_member(crit), "accepted") << crit;
  }
  EXPECT_NE(with_member(R"("crit":["x"])").find("crit: is not a known member"), std::string::npos);
}

TEST_F(Jades, RefusesAnUnencodedPayload) {  // 6
  EXPECT_NE(with_member(R"("b64":false)").find("b64: is not a known member"), std::string::npos);
  EXPECT_NE(with_member(R"("b64":false,"crit":["b64"])"), "accepted");
}

TEST_F(Jades, RefusesKeysThatNameThemselves) {  // 7
  for (const char* name : {"jwk", "jku", "x5u", "kid", "x5t", "sigX5ts", "zip"}) {
    EXPECT_NE(with_member("\"" + std::string(name) + "\":\"x\"").find("is not a known member"),
              std::string::npos)
        << name;
  }
}

TEST_F(Jades, RefusesASecondSpellingOfBase64url) {  // 10
  const std::string signature = "\"signature\":\"";
  const std::size_t end = envelope_.rfind('"');
  const auto ending = [&](const std::string& tail) {
    std::string text = envelope_;
    return refusal(text.insert(end, tail));
  };
  EXPECT_NE(ending("="), "accepted");
  EXPECT_NE(ending("=="), "accepted");
  EXPECT_NE(ending("\\n"), "accepted");
  EXPECT_NE(ending(" "), "accepted");
  std::string trailing = envelope_;  // 64 bytes are 86 letters: the last holds 2 bits
  const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  trailing[end - 1] = letters[letters.find(trailing[end - 1]) + 1];
  EXPECT_NE(refusal(trailing).find("trailing bits"), std::string::npos);
  EXPECT_NE(refusal(replaced(envelope_, signature, signature + "+/")), "accepted");
  EXPECT_NE(refusal(replaced(envelope_, R"("protected":")", R"("protected":"=)")), "accepted");
}

TEST_F(Jades, RefusesMembersThatStandTwice) {  // 11
  EXPECT_NE(refusal(replaced(envelope_, R"({"signatures")", R"({"signatures":[],"signatures")"))
                .find("signatures stands twice"),
            std::string::npos);
  EXPECT_NE(refusal(replaced(envelope_, R"({"protected")", R"({"signature":"","protected")"))
                .find("stands twice"),
            std::string::npos);
  EXPECT_NE(with_member(R"("alg":"none")").find("alg stands twice"), std::string::npos);
  EXPECT_NE(with_member(R"("\u0061lg":"none")").find("alg stands twice"), std::string::npos);
}

TEST_F(Jades, RefusesAHeaderThatIsNoObject) {  // 12
  for (const std::string& header :
       {std::string("[]"), std::string("\"ES256\""), std::string("not JSON"), std::string(),
        std::string("\xFF\xFE"), std::string("{\"alg\":\"\xFF\"}"), std::string("null")}) {
    EXPECT_NE(refusal(test::forge(header, supplier_.key, k_report)), "accepted") << header;
  }
}

TEST_F(Jades, RefusesTimeStampsByName) {  // not supported by this version
  const auto read = read_envelope(
      replaced(envelope_, R"({"protected")", R"({"header":{"etsiU":["e30"]},"protected")"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Error::Code::unsupported);
  EXPECT_NE(read.error().message.find("time-stamps (etsiU) are not supported"), std::string::npos);
}

TEST_F(Jades, RefusesACertificateThatIsNotTheOneNamed) {  // 21
  const test::Party other = test::party("x", "X");
  EXPECT_NE(
      header_refusal(base64url(supplier_.certificate.sha256), base64url(other.certificate.sha256))
          .find("x5t#S256: is not the digest of x5c[0]"),
      std::string::npos);
  EXPECT_NE(header_refusal(base64(supplier_.certificate.der), base64(other.certificate.der))
                .find("x5t#S256: is not the digest of x5c[0]"),
            std::string::npos);
}

TEST_F(Jades, RefusesDamagedCertificates) {
  EXPECT_NE(
      header_refusal(base64(supplier_.certificate.der), "AAAA").find("x5c[0]: is no certificate"),
      std::string::npos);
  EXPECT_NE(header_refusal("\"" + base64(supplier_.certificate.der) + "\"", ""), "accepted");
  EXPECT_NE(header_refusal("\"" + base64(supplier_.certificate.der) + "\"", "7"), "accepted");
}

TEST_F(Jades, RefusesATimeThatIsNoWholeNumber) {  // 25
  for (const char* time :
       {R"("1770000000")", "1770000000.5", "1770000000.0", "-1", "1e9", "null"}) {
    EXPECT_NE(header_refusal("1770000000", time).find("iat: "), std::string::npos) << time;
  }
  EXPECT_NE(with_member(R"("sigT":"2026-02-02T02:40:00Z")").find("sigT: is not a known member"),
            std::string::npos);
  EXPECT_NE(header_refusal(R"("iat":1770000000)", R"("sigT":"2026-02-02T02:40:00Z")"), "accepted");
}

TEST_F(Jades, RefusesAnotherTypeOrContentType) {  // 27
  EXPECT_NE(header_refusal("vnd.assay.report+json", "vnd.other.report+json").find("cty: "),
            std::string::npos);
  EXPECT_NE(header_refusal("JOSE+JSON", "JOSE").find("typ: "), std::string::npos);
}

TEST_F(Jades, RefusesMembersItDoesNotKnow) {  // 34
  EXPECT_EQ(refusal(replaced(envelope_, R"({"signatures")", R"({"comment":"","signatures")")),
            "comment: is not a known member");
  EXPECT_EQ(refusal(replaced(envelope_, R"({"protected")", R"({"comment":"","protected")")),
            "signatures[0].comment: is not a known member");
  EXPECT_NE(header_refusal("ProofOfOrigin", "ProofOfDelivery").find("is no known commitment"),
            std::string::npos);
  EXPECT_NE(header_refusal(R"({"commId":)", R"({"commQuals":[],"commId":)"), "accepted");
}

TEST_F(Jades, RefusesNoneAndTooManySignatures) {
  EXPECT_EQ(refusal(R"({"signatures":[]})"), "signatures: must hold 1 to 16 signatures");
  const std::string entry =
      canonical_json(read_json(envelope_)->find("signatures")->array()->front());
  std::string many = R"({"signatures":[)" + entry;
  for (int i = 1; i < 17; ++i) {
    many += "," + entry;
  }
  EXPECT_EQ(refusal(many + "]}"), "signatures: must hold 1 to 16 signatures");
}

TEST_F(Jades, RefusesDepthAndSize) {  // 33
  EXPECT_NE(refusal(R"({"signatures":)" + std::string(100'000, '[')), "accepted");
  EXPECT_EQ(refusal("\"" + std::string(2 << 20, 'x') + "\""),
            "the document is larger than 1048576 bytes");
  EXPECT_NE(refusal(R"({"signatures":[)" + std::string(10, ' ') + "]}"), "accepted");
}

}  // namespace
}  // namespace assay
