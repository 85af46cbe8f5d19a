#include "reports/certificate.h"

#include <gtest/gtest.h>

#include "tests/reports/signing_support.h"

namespace assay {
namespace {

TEST(PilotCertificate, NamesItsHolder) {
  const PrivateKey key = PrivateKey::generate().value();
  const auto made = make_pilot_certificate(
      key, {.subject = {"Abnahme", "Rechenzentrum M\xC3\xBCnchen", "VATDE-123456789"},
            .not_before_s = test::k_now,
            .not_after_s = test::k_now + 30 * test::k_year});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->subject.common_name, "Abnahme");
  EXPECT_EQ(made->subject.organization, "Rechenzentrum M\xC3\xBCnchen");
  EXPECT_EQ(made->subject.organization_identifier, "VATDE-123456789");
  EXPECT_EQ(made->public_key, key.public_key());
  EXPECT_EQ(made->not_before_s, test::k_now);
  EXPECT_EQ(made->not_after_s, test::k_now + 30 * test::k_year);  // beyond 2050: another form
  EXPECT_TRUE(made->may_sign);
  EXPECT_EQ(made->sha256, sha256(made->der));
}

TEST(PilotCertificate, IsRefusedWithoutNamesOrTime) {
  const PrivateKey key = PrivateKey::generate().value();
  const auto made = [&](const Subject& subject, std::int64_t until) {
    return make_pilot_certificate(
        key, {.subject = subject, .not_before_s = test::k_now, .not_after_s = until});
  };
  const std::int64_t later = test::k_now + 1;
  EXPECT_TRUE(made({"a", "b", ""}, later));
  EXPECT_FALSE(made({"", "b", ""}, later));
  EXPECT_FALSE(made({"a", "", ""}, later));
  EXPECT_FALSE(made({"a", std::string(65, 'b'), ""}, later));
  EXPECT_FALSE(made({"a", "\xFF", ""}, later));
  EXPECT_FALSE(made({"a", "b", ""}, test::k_now));
}

TEST(Certificate, IsReadBackFromPem) {
  const auto one = test::party("a", "A").certificate;
  const auto two = test::party("b", "B").certificate;
  const auto read =
      certificates_from_pem(certificate_to_pem(one.der) + certificate_to_pem(two.der));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, (std::vector<Bytes>{one.der, two.der}));
  EXPECT_FALSE(certificates_from_pem(""));
  EXPECT_FALSE(
      certificates_from_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
  EXPECT_FALSE(
      certificates_from_pem(certificate_to_pem(one.der) +
                            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
}

TEST(Certificate, IsAllOfTheBytesOrNone) {
  Bytes der = test::party("a", "A").certificate.der;
  der.push_back(0);
  EXPECT_FALSE(read_certificate(der));
  der.pop_back();
  der.pop_back();
  EXPECT_FALSE(read_certificate(der));
  EXPECT_FALSE(read_certificate({}));
}

TEST(Certificate, WithoutKeyUsageMayNotSign) {
  const PrivateKey key = PrivateKey::generate().value();
  test::Request request{.subject = {"a", "A", ""}, .key = test::pkey_of(key)};
  EXPECT_TRUE(test::issue(request).may_sign);
  request.key_usage = nullptr;
  EXPECT_FALSE(test::issue(request).may_sign);
  request.key_usage = "critical,keyAgreement";
  EXPECT_FALSE(test::issue(request).may_sign);
}

TEST(Certificate, ThatNamesTwoOrganisationsIsRefused) {
  const PrivateKey key = PrivateKey::generate().value();
  const Certificate one = test::issue({.subject = {"a", "A", ""}, .key = test::pkey_of(key)});
  const unsigned char* at = one.der.data();
  X509* certificate = d2i_X509(nullptr, &at, static_cast<long>(one.der.size()));
  test::name(X509_get_subject_name(certificate), NID_organizationName, "B");
  X509_sign(certificate, test::pkey_of(key), EVP_sha256());
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  const auto read = read_certificate({der, der + size});
  OPENSSL_free(der);
  X509_free(certificate);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "its subject has two values of O");
}

}  // namespace
}  // namespace assay
