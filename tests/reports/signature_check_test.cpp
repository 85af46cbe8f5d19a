// Whose signatures count, and what is said of the others. Numbers in comments are those of the
// list of attacks that the project keeps (docs/verification.md).
#include "reports/signature_check.h"

#include <gtest/gtest.h>

#include "reports/json.h"
#include "tests/reports/signature_check_support.h"
#include "tests/reports/signing_support.h"

namespace assay {
namespace {

using test::k_now;
using test::k_year;
using test::replaced;

using test::k_report;
using test::said;

Policy pins(const std::vector<std::pair<Role, const test::Party*>>& parties,
            const std::vector<Role>& required) {
  Policy policy;
  for (const auto& [role, party] : parties) {
    policy.signers.push_back({.role = role, .pinned = {party->certificate.sha256}});
  }
  policy.required = required;
  return policy;
}

class SignatureCheckOf : public ::testing::Test {
 protected:
  [[nodiscard]] SignatureCheck check(const std::string& envelope,
                                     std::string_view report = k_report,
                                     std::int64_t at_s = k_now) const {
    return check_signatures({report, envelope}, policy_, at_s);
  }
  [[nodiscard]] std::string say(const std::string& envelope, std::string_view report = k_report,
                                std::int64_t at_s = k_now) const {
    const SignatureCheck result = check(envelope, report, at_s);
    if (result.indication != Indication::total_passed) {
      EXPECT_FALSE(result.policy_met);
      EXPECT_TRUE(result.signers.empty());
      EXPECT_FALSE(result.sentence.empty());
    }
    return said(result);
  }

  const test::Party supplier_ = test::party("Signer", "Supplier AG");
  const test::Party buyer_ = test::party("Approver", "Buyer");
  const test::Party stranger_ = test::party("Stranger", "Elsewhere");
  const std::string one_ = test::sign(supplier_, Role::supplier, k_report);
  const std::string both_ = test::sign(buyer_, Role::buyer, k_report, one_);
  Policy policy_ = pins({{Role::supplier, &supplier_}, {Role::buyer, &buyer_}}, {Role::supplier});
};

TEST_F(SignatureCheckOf, AValidReportPasses) {
  const SignatureCheck result = check(one_);
  EXPECT_EQ(said(result), "TOTAL-PASSED") << result.sentence;
  EXPECT_TRUE(result.policy_met);
  EXPECT_EQ(result.signers, std::vector<std::string>{"supplier: Signer, Supplier AG (" +
                                                     hex(supplier_.certificate.sha256) + ")"});
  EXPECT_FALSE(result.checked.empty());
  EXPECT_FALSE(result.not_checked.empty());
}

TEST_F(SignatureCheckOf, TwoPartiesPasses) {
  policy_.required = {Role::supplier, Role::buyer};
  policy_.threshold = 2;
  EXPECT_EQ(say(both_), "TOTAL-PASSED");
  EXPECT_TRUE(check(both_).policy_met);
}

TEST_F(SignatureCheckOf, AReportWithAnyByteChangedFails) {
  for (std::size_t i = 0; i < k_report.size(); ++i) {
    std::string other(k_report);
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_EQ(say(one_, other), "TOTAL-FAILED SIG_CRYPTO_FAILURE") << i;
  }
  EXPECT_NE(say(one_, ""), "TOTAL-PASSED");
  EXPECT_NE(say(one_, std::string(k_report) + "\n"), "TOTAL-PASSED");
}

TEST_F(SignatureCheckOf, AnEnvelopeWithAnyByteChangedNeverPasses) {
  for (std::size_t i = 0; i < one_.size(); ++i) {
    std::string other = one_;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_NE(say(other), "TOTAL-PASSED") << i;
  }
}

TEST_F(SignatureCheckOf, AnEnvelopeCutAnywhereNeverPasses) {
  for (std::size_t i = 0; i < both_.size(); i += 7) {
    EXPECT_EQ(say(both_.substr(0, i)), "TOTAL-FAILED FORMAT_FAILURE") << i;
  }
}

TEST_F(SignatureCheckOf, AlgNoneFails) {  // 1
  const std::string header = replaced(test::header_text(one_), "ES256", "none");
  EXPECT_EQ(say(test::forge(header, supplier_.key, k_report)), "TOTAL-FAILED FORMAT_FAILURE");
  const std::string unsigned_one = canonical_json(Json::Object{
      {"signatures",
       Json::Array{Json::Object{{"protected", base64url(header)}, {"signature", ""}}}}});
  EXPECT_EQ(say(unsigned_one), "TOTAL-FAILED FORMAT_FAILURE");
}

TEST_F(SignatureCheckOf, AKeyOfAnotherKindFails) {  // 4
  for (const test::PkeyPointer& key :
       {test::owned(EVP_EC_gen("P-384")), test::owned(EVP_RSA_gen(2048))}) {
    const Certificate other =
        test::issue({.subject = {"Signer", "Supplier AG", ""}, .key = key.get()});
    std::string header =
        replaced(test::header_text(one_), base64(supplier_.certificate.der), base64(other.der));
    header = replaced(header, base64url(supplier_.certificate.sha256), base64url(other.sha256));
    policy_.signers.at(0).pinned.push_back(other.sha256);
    EXPECT_EQ(say(test::forge(header, supplier_.key, k_report)), "TOTAL-FAILED SIG_CRYPTO_FAILURE");
  }
}

TEST_F(SignatureCheckOf, ASignatureOfTheWrongFormFails) {  // 8
  const auto with_signature = [&](const Bytes& signature) {
    const std::string old = base64url(read_envelope(one_)->entries[0].signature);
    return say(replaced(one_, old, base64url(signature)));
  };
  const Bytes good = read_envelope(one_)->entries[0].signature;
  EXPECT_EQ(with_signature(good), "TOTAL-PASSED");
  EXPECT_EQ(with_signature(test::der_form(good)), "TOTAL-FAILED FORMAT_FAILURE");
  EXPECT_EQ(with_signature(Bytes(good.begin(), good.end() - 1)), "TOTAL-FAILED FORMAT_FAILURE");
  EXPECT_EQ(with_signature(Bytes(65, 1)), "TOTAL-FAILED FORMAT_FAILURE");
  EXPECT_EQ(with_signature(Bytes(64, 0)), "TOTAL-FAILED FORMAT_FAILURE");
  EXPECT_EQ(with_signature(Bytes(64, 0xFF)), "TOTAL-FAILED FORMAT_FAILURE");
  EXPECT_EQ(with_signature({}), "TOTAL-FAILED FORMAT_FAILURE");
  EXPECT_EQ(with_signature(Bytes(64, 1)), "TOTAL-FAILED SIG_CRYPTO_FAILURE");
}

TEST_F(SignatureCheckOf, ARemovedWitnessIsMissed) {  // 13
  policy_.required = {Role::supplier, Role::buyer};
  EXPECT_TRUE(check(both_).policy_met);
  const SignatureCheck result = check(one_);
  EXPECT_EQ(said(result), "TOTAL-PASSED");
  EXPECT_FALSE(result.policy_met);
  EXPECT_EQ(result.sentence, "the signature of the buyer is missing");
}

TEST_F(SignatureCheckOf, TooFewSignersAreMissed) {
  policy_.threshold = 2;
  EXPECT_TRUE(check(both_).policy_met);
  EXPECT_FALSE(check(one_).policy_met);
  EXPECT_EQ(check(one_).sentence, "1 of 2 signatures are there");
}

TEST_F(SignatureCheckOf, TheOrderOfSignaturesDoesNotMatter) {  // 14
  const std::string other =
      test::sign(supplier_, Role::supplier, k_report, test::sign(buyer_, Role::buyer, k_report));
  EXPECT_EQ(say(other), "TOTAL-PASSED");
  auto document = read_json(both_).value();
  auto& entries = *document.object()->front().second.array();
  std::swap(entries[0], entries[1]);
  EXPECT_EQ(say(canonical_json(document)), "TOTAL-PASSED");
}

TEST_F(SignatureCheckOf, OnePartyTwiceIsNotTwo) {  // 9, 15
  policy_.required = {Role::supplier, Role::buyer};
  auto document = read_json(both_).value();
  Json::Array& entries = *document.object()->front().second.array();
  entries.push_back(entries.front());
  const SignatureCheck result = check(canonical_json(document));
  ASSERT_EQ(said(result), "TOTAL-PASSED") << result.sentence;
  EXPECT_TRUE(result.policy_met);
  EXPECT_EQ(result.signers.size(), 2U);
  EXPECT_EQ(result.not_checked.back(),
            "signatures[2]: says what signatures[0] says, so it counts for nothing");
  policy_.threshold = 3;
  EXPECT_FALSE(check(canonical_json(document)).policy_met) << "nor as a third signature";
  for (auto& [name, value] : *entries.back().object()) {
    value = name == "signature" ? Json(base64url(Bytes(64, 1))) : value;
  }
  EXPECT_EQ(said(check(canonical_json(document))), "TOTAL-FAILED SIG_CRYPTO_FAILURE");
}

TEST_F(SignatureCheckOf, OneKeyInTwoRolesIsNotTwo) {  // 16
  const Certificate second =
      make_pilot_certificate(supplier_.key,
                             {.subject = {"Another name", "Another organisation", ""},
                              .not_before_s = k_now - k_year,
                              .not_after_s = k_now + k_year})
          .value();
  policy_.signers.at(1).pinned = {second.sha256};
  const std::string alone =
      add_signature("", k_report, {supplier_.key, {second}, Role::buyer}, k_now).value();
  auto document = read_json(one_).value();
  document.object()->front().second.array()->push_back(
      read_json(alone)->find("signatures")->array()->front());
  const SignatureCheck result = check(canonical_json(document));
  EXPECT_EQ(said(result), "INDETERMINATE SIG_CONSTRAINTS_FAILURE");
  EXPECT_EQ(result.sentence, "signatures[1]: its key has signed already: signatures[0]");
}

TEST_F(SignatureCheckOf, OneOrganisationInTwoRolesIsNotTwo) {
  const test::Party colleague = test::party("Colleague", "Supplier AG");
  policy_.signers.at(1).pinned = {colleague.certificate.sha256};
  const SignatureCheck result = check(test::sign(colleague, Role::buyer, k_report, one_));
  EXPECT_EQ(said(result), "INDETERMINATE SIG_CONSTRAINTS_FAILURE");
  EXPECT_EQ(result.sentence, "signatures[1]: its organisation has signed already: signatures[0]");
}

TEST_F(SignatureCheckOf, AClaimToAnothersRoleIsRefused) {  // 17
  EXPECT_EQ(say(test::sign(supplier_, Role::buyer, k_report)),
            "INDETERMINATE SIG_CONSTRAINTS_FAILURE");
  EXPECT_EQ(say(test::sign(supplier_, Role::lab, k_report)),
            "INDETERMINATE SIG_CONSTRAINTS_FAILURE");
}

TEST_F(SignatureCheckOf, AStrangerIsNotTrusted) {  // 7, 20
  EXPECT_EQ(say(test::sign(stranger_, Role::supplier, k_report)),
            "INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND");
}

TEST_F(SignatureCheckOf, APinnedCertificateBehindAStrangersIsNotTrusted) {  // 20
  const std::string envelope =
      add_signature("", k_report,
                    {stranger_.key, {stranger_.certificate, supplier_.certificate}, Role::supplier},
                    k_now)
          .value();
  EXPECT_EQ(say(envelope), "INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND");
}

TEST_F(SignatureCheckOf, OneInvalidSignatureMakesTheWholeInvalid) {
  const std::string over_another = test::sign(buyer_, Role::buyer, "another report", one_);
  const SignatureCheck result = check(over_another);
  EXPECT_EQ(said(result), "TOTAL-FAILED SIG_CRYPTO_FAILURE");
  EXPECT_EQ(result.sentence.substr(0, 15), "signatures[1]: ");
}

TEST_F(SignatureCheckOf, AStrangersWrongSignatureMakesTheWholeInvalid) {
  EXPECT_EQ(say(test::sign(stranger_, Role::lab, "another report", both_)),
            "TOTAL-FAILED SIG_CRYPTO_FAILURE");
}

TEST_F(SignatureCheckOf, AStrangersRightSignatureIsNamedAndChangesNothing) {
  policy_.required = {Role::supplier, Role::buyer};
  policy_.threshold = 2;
  const SignatureCheck without = check(both_);
  ASSERT_TRUE(without.policy_met);
  // He signs first, long ago, and in the supplier's name.
  const test::Party impostor = test::party("Stranger", "Supplier AG");
  const std::string first = test::sign(impostor, Role::supplier, k_report, "", k_now - k_year / 2);
  const std::string three = test::sign(buyer_, Role::buyer, k_report,
                                       test::sign(supplier_, Role::supplier, k_report, first));
  const SignatureCheck with = check(three);
  EXPECT_EQ(said(with), "TOTAL-PASSED") << with.sentence;
  EXPECT_TRUE(with.policy_met);
  EXPECT_EQ(with.signers, without.signers);
  EXPECT_EQ(with.earliest_s, without.earliest_s);
  EXPECT_EQ(with.checked, without.checked);
  ASSERT_EQ(with.not_checked.size(), without.not_checked.size() + 1);
  EXPECT_EQ(with.not_checked.back(),
            "signatures[0]: who Stranger, Supplier AG (" + hex(impostor.certificate.sha256) +
                ") is: its certificate is neither pinned nor vouched for by the policy, so it "
                "counts for nothing");
}

TEST_F(SignatureCheckOf, AStrangerMakesUpForNobody) {
  policy_.threshold = 2;
  const SignatureCheck result = check(test::sign(stranger_, Role::buyer, k_report, one_));
  EXPECT_EQ(said(result), "TOTAL-PASSED");
  EXPECT_FALSE(result.policy_met);
  EXPECT_EQ(result.sentence, "1 of 2 signatures are there");
  policy_.required = {Role::buyer};
  policy_.threshold = 1;
  EXPECT_EQ(check(test::sign(stranger_, Role::buyer, k_report, one_)).sentence,
            "the signature of the buyer is missing");
}

TEST_F(SignatureCheckOf, AFailureGoesBeforeADoubt) {
  const std::string doubt = test::sign(supplier_, Role::lab, k_report);
  EXPECT_EQ(say(test::sign(buyer_, Role::buyer, "another report", doubt)),
            "TOTAL-FAILED SIG_CRYPTO_FAILURE");
}

TEST_F(SignatureCheckOf, TheEnvelopeOfAnotherReportFails) {  // 26
  EXPECT_EQ(say(test::sign(supplier_, Role::supplier, "another report")),
            "TOTAL-FAILED SIG_CRYPTO_FAILURE");
}

TEST_F(SignatureCheckOf, APrettyPrintedReportFails) {  // 28, 29, 30
  for (const char* same : {"{\n  \"id\": \"C-1\", \"n\": 1, \"schema\": \"assay.report/1\"\n}",
                           R"({"id":"C-1","n":1.0,"schema":"assay.report/1"})",
                           R"({"n":1,"id":"C-1","schema":"assay.report/1"})"}) {
    EXPECT_EQ(say(one_, same), "TOTAL-FAILED SIG_CRYPTO_FAILURE") << same;
  }
}

TEST_F(SignatureCheckOf, AnAttachedPayloadMustBeTheReport) {
  const auto attached = [&](std::string_view payload) {
    return replaced(one_, R"({"signatures")",
                    R"({"payload":")" + base64url(payload) + R"(","signatures")");
  };
  EXPECT_EQ(say(attached(k_report)), "TOTAL-PASSED");
  EXPECT_EQ(say(attached("another report")), "TOTAL-FAILED HASH_FAILURE");
  EXPECT_EQ(say(attached(k_report), "another report"), "TOTAL-FAILED HASH_FAILURE");
  EXPECT_EQ(say(replaced(attached(k_report), "\",\"sig", "=\",\"sig")),
            "TOTAL-FAILED HASH_FAILURE");
}

TEST_F(SignatureCheckOf, AnExpiredCertificateIsNotEnoughWithoutATimeStamp) {  // 23
  EXPECT_EQ(say(one_, k_report, k_now + k_year - 1), "TOTAL-PASSED");
  EXPECT_EQ(say(one_, k_report, k_now + k_year + 1), "INDETERMINATE OUT_OF_BOUNDS_NO_POE");
}

TEST_F(SignatureCheckOf, ASignatureMadeAfterExpiryFails) {  // 23
  const std::int64_t after = k_now + k_year + 1;
  const std::string late = test::sign(supplier_, Role::supplier, k_report, "", after);
  EXPECT_EQ(say(late, k_report, after), "TOTAL-FAILED EXPIRED");
  const std::string early = test::sign(supplier_, Role::supplier, k_report, "", k_now - k_year - 1);
  EXPECT_EQ(say(early), "TOTAL-FAILED NOT_YET_VALID");
}

TEST_F(SignatureCheckOf, ASignatureFromTheFutureIsDoubted) {  // 25
  const auto ahead = [&](std::int64_t seconds) {
    return say(test::sign(supplier_, Role::supplier, k_report, "", k_now + seconds));
  };
  EXPECT_EQ(ahead(300), "TOTAL-PASSED");
  EXPECT_EQ(ahead(301), "INDETERMINATE SIG_CONSTRAINTS_FAILURE");
  policy_.iat_skew_s = 0;
  EXPECT_EQ(ahead(1), "INDETERMINATE SIG_CONSTRAINTS_FAILURE");
}

TEST_F(SignatureCheckOf, AnyClockGetsTheSameAnswerForItsTime) {                         // 55
  EXPECT_EQ(say(one_, k_report, 0), "INDETERMINATE OUT_OF_BOUNDS_NO_POE");              // 1970
  EXPECT_EQ(say(one_, k_report, 2'208'988'800), "INDETERMINATE OUT_OF_BOUNDS_NO_POE");  // 2040
  EXPECT_EQ(say(one_, k_report, k_now), "TOTAL-PASSED");
}

TEST_F(SignatureCheckOf, TimeStampsAreRefusedByName) {  // 18, 19
  EXPECT_EQ(say(replaced(one_, R"({"protected")", R"({"header":{"etsiU":["e30"]},"protected")")),
            "INDETERMINATE POLICY_PROCESSING_ERROR");
}

TEST_F(SignatureCheckOf, ACertificateThatMayNotSignIsRefused) {
  const Certificate other = test::issue({.subject = {"Signer", "Supplier AG", ""},
                                         .key = test::pkey_of(supplier_.key),
                                         .key_usage = "critical,keyAgreement"});
  std::string header =
      replaced(test::header_text(one_), base64(supplier_.certificate.der), base64(other.der));
  header = replaced(header, base64url(supplier_.certificate.sha256), base64url(other.sha256));
  policy_.signers.at(0).pinned = {other.sha256};
  EXPECT_EQ(say(test::forge(header, supplier_.key, k_report)),
            "INDETERMINATE CHAIN_CONSTRAINTS_FAILURE");
}

}  // namespace
}  // namespace assay
