#include "reports/policy.h"

#include <gtest/gtest.h>

#include "reports/files.h"
#include "tests/reports/signing_support.h"

namespace assay {
namespace {

const std::string k_pin(64, 'a');

std::string policy_text(const std::string& signers, const std::string& required = "\"supplier\"",
                        const std::string& more = "") {
  return R"({"schema":"assay.policy/1","algorithms":["ES256"],"signers":[)" + signers +
         R"(],"required":[)" + required + "]" + more + "}";
}

std::string pinned(const std::string& role, const std::string& pin = k_pin) {
  return R"({"role":")" + role + R"(","certificate_sha256":[")" + pin + R"("]})";
}

std::string refusal(const std::string& text, const std::string& folder = ".") {
  const auto policy = read_policy(text, folder);
  return policy ? "accepted" : policy.error().message;
}

TEST(Policy, PinsCertificates) {
  const auto policy = read_policy(
      policy_text(pinned("supplier"), "\"supplier\"", R"(,"threshold":1,"max_iat_skew_s":60)"),
      ".");
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_EQ(policy->signers.at(0).role, Role::supplier);
  EXPECT_EQ(hex(policy->signers.at(0).pinned.at(0)), k_pin);
  EXPECT_EQ(policy->required, std::vector<Role>{Role::supplier});
  EXPECT_EQ(policy->iat_skew_s, 60);
  EXPECT_EQ(policy->revocation, Revocation::required);
}

TEST(Policy, NamesTheBuyersKey) {
  const auto key = PrivateKey::generate();
  ASSERT_TRUE(key);
  const std::string text = base64(key->public_key());
  const auto policy = read_policy(
      policy_text(pinned("supplier"), "\"supplier\"", ",\"buyer_key\":\"" + text + "\""), ".");
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_EQ(policy->buyer_key, text);
  EXPECT_EQ(refusal(policy_text(pinned("supplier"), "\"supplier\"", ",\"buyer_key\":\"AAAA\"")),
            "buyer_key: must be base64 of a P-256 SubjectPublicKeyInfo");
}

TEST(Policy, OfAPilotIsReadBack) {
  const Digest pin = sha256("certificate");
  const auto policy = read_policy(write_pilot_policy(Role::buyer, pin), ".");
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_EQ(policy->signers.at(0).role, Role::buyer);
  EXPECT_EQ(policy->signers.at(0).pinned.at(0), pin);
  EXPECT_EQ(policy->required, std::vector<Role>{Role::buyer});
}

TEST(Policy, TakesAnchorsInlineAndFromFiles) {
  const test::Folder folder;
  const auto anchor = test::party("root", "CA").certificate;
  ASSERT_TRUE(write_file(folder.path("root.pem"), certificate_to_pem(anchor.der)));
  for (const std::string& text :
       {base64(anchor.der), std::string("root.pem"), folder.path("root.pem")}) {
    const auto policy =
        read_policy(policy_text(R"({"role":"supplier","organization_identifier":"VATDE-1",)"
                                R"("anchors":[")" +
                                text + R"("]})"),
                    folder.path());
    ASSERT_TRUE(policy) << policy.error().message;
    EXPECT_EQ(policy->signers.at(0).anchors, std::vector<Bytes>{anchor.der});
  }
  EXPECT_NE(refusal(policy_text(R"({"role":"supplier","organization_identifier":"VATDE-1",)"
                                R"("anchors":["absent.pem"]})"))
                .find("signers[0].anchors[0]: "),
            std::string::npos);
}

TEST(Policy, IsReadFromItsFile) {
  const test::Folder folder;
  ASSERT_TRUE(write_file(folder.path("policy.json"), policy_text(pinned("supplier"))));
  EXPECT_TRUE(read_policy_file(folder.path("policy.json")));
  ASSERT_TRUE(write_file(folder.path("policy.json"), "{}"));
  EXPECT_NE(read_policy_file(folder.path("policy.json")).error().message.find("policy.json: "),
            std::string::npos);
}

TEST(Policy, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(refusal(policy_text(pinned("supplier"))), "accepted");
  EXPECT_EQ(refusal(policy_text(pinned("supplier"), "\"supplier\"", ",\"trust\":1")),
            "trust: is not a known member");
  EXPECT_EQ(refusal(test::replaced(policy_text(pinned("supplier")), "policy/1", "policy/2")),
            "schema: must be assay.policy/1");
  EXPECT_EQ(refusal(policy_text(pinned("vendor"), "")),
            "signers[0].role: is none of supplier, buyer, witness, lab");
  for (const char* algorithms : {"\"none\"", "\"HS256\"", "\"EdDSA\"", "\"ES256\",\"none\""}) {
    EXPECT_EQ(refusal(test::replaced(policy_text(pinned("supplier")), "\"ES256\"", algorithms)),
              "algorithms: this version verifies ES256 and nothing else");
  }
  EXPECT_EQ(refusal(policy_text(pinned("supplier"), "\"supplier\"", ",\"revocation\":\"never\"")),
            "revocation: must be required or not_checked");
}

TEST(Policy, RefusesWhatNobodyCanMeet) {
  EXPECT_EQ(
      refusal(policy_text(pinned("supplier"), "\"supplier\"", ",\"revocation\":\"required\"")),
      "revocation: is required, but this policy pins every certificate and so vouches for "
      "each itself; leave it out");
  EXPECT_EQ(refusal(policy_text("", "")), "signers: must hold 1 to 16 signers");
  EXPECT_EQ(refusal(policy_text(pinned("supplier"), "\"lab\"")),
            "required[0]: no signer has this role");
  EXPECT_EQ(refusal(policy_text(pinned("supplier"), "\"supplier\"", ",\"threshold\":0")),
            "threshold: must be from 1 to 16");
}

TEST(Policy, RefusesOnePartyInTwoRoles) {
  EXPECT_NE(refusal(policy_text(pinned("supplier") + "," + pinned("buyer"))).find("signers[1]: "),
            std::string::npos);
  const std::string anchor = base64(test::party("root", "CA").certificate.der);
  const auto anchored = [&anchor](const std::string& role) {
    return R"({"role":")" + role + R"(","organization_identifier":"VATDE-1","anchors":[")" +
           anchor + R"("]})";
  };
  EXPECT_NE(refusal(policy_text(anchored("supplier") + "," + anchored("witness"))).find("VATDE-1"),
            std::string::npos);
}

TEST(Policy, RefusesASignerWithoutATrustOfItsOwn) {
  EXPECT_EQ(refusal(policy_text(R"({"role":"supplier"})")),
            "signers[0]: must have either certificate_sha256 or anchors");
  EXPECT_NE(refusal(policy_text(R"({"role":"supplier","anchors":["x"]})"))
                .find("organization_identifier"),
            std::string::npos);
  EXPECT_NE(refusal(policy_text(pinned("supplier", "AAAA"))).find("certificate_sha256[0]"),
            std::string::npos);
  EXPECT_NE(refusal(policy_text(R"({"role":"supplier","certificate_sha256":[]})"))
                .find("must not be empty"),
            std::string::npos);
}

}  // namespace
}  // namespace assay
