// Chains of certificates up to an anchor of the verifier's. Numbers in comments are those of the
// list of attacks that the project keeps (docs/verification.md).
#include <gtest/gtest.h>

#include "tests/reports/signature_check_support.h"
#include "tests/reports/signing_support.h"

namespace assay {
namespace {

using test::k_now;
using test::k_report;
using test::k_year;
using test::said;

/// A root, an authority under it and the supplier's certificate from that.
class AnchoredCheck : public ::testing::Test {
 protected:
  AnchoredCheck() {
    policy_.signers.push_back(
        {.role = Role::supplier, .anchors = {root_.der}, .organization_identifier = "VATDE-1"});
    policy_.required = {Role::supplier};
    policy_.revocation = Revocation::not_checked;
  }

  [[nodiscard]] static PrivateKey key() { return PrivateKey::generate().value(); }
  [[nodiscard]] test::Request leaf_request() const {
    return {.subject = {"Signer", "Supplier AG", "VATDE-1"},
            .key = test::pkey_of(key_),
            .issuer = authority_.der,
            .issuer_key = test::pkey_of(authority_key_)};
  }
  [[nodiscard]] std::string say(const std::vector<Certificate>& chain,
                                std::int64_t at_s = k_now) const {
    const auto envelope = add_signature("", k_report, {key_, chain, Role::supplier}, k_now);
    EXPECT_TRUE(envelope) << envelope.error().message;
    return said(check_signatures({k_report, *envelope}, policy_, at_s));
  }

  const PrivateKey root_key_ = key(), authority_key_ = key(), key_ = key();
  const Certificate root_ = test::issue({.subject = {"Root", "Trust", ""},
                                         .key = test::pkey_of(root_key_),
                                         .authority = true,
                                         .not_before_s = k_now - 2 * k_year,
                                         .not_after_s = k_now + 2 * k_year});
  const Certificate authority_ = test::issue({.subject = {"Authority", "Trust", ""},
                                              .key = test::pkey_of(authority_key_),
                                              .issuer = root_.der,
                                              .issuer_key = test::pkey_of(root_key_),
                                              .authority = true});
  Policy policy_;
};

TEST_F(AnchoredCheck, PassesAChainToTheAnchor) {
  EXPECT_EQ(say({test::issue(leaf_request()), authority_}), "TOTAL-PASSED");
}

TEST_F(AnchoredCheck, TakesAnIssuingAuthorityForAnAnchor) {
  policy_.signers.at(0).anchors = {authority_.der};
  EXPECT_EQ(say({test::issue(leaf_request())}), "TOTAL-PASSED");
}

TEST_F(AnchoredCheck, DoubtsAChainWithoutRevocationData) {
  policy_.revocation = Revocation::required;
  EXPECT_EQ(say({test::issue(leaf_request()), authority_}), "INDETERMINATE TRY_LATER");
}

TEST_F(AnchoredCheck, FindsNoChainWithoutTheAuthority) {
  EXPECT_EQ(say({test::issue(leaf_request())}), "INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND");
}

TEST_F(AnchoredCheck, DoesNotTrustARootThatTheSignerBringsAlong) {  // 20
  const PrivateKey other_key = key();
  const Certificate other_root = test::issue(
      {.subject = {"Root", "Trust", ""}, .key = test::pkey_of(other_key), .authority = true});
  test::Request request = leaf_request();
  request.issuer = other_root.der;
  request.issuer_key = test::pkey_of(other_key);
  EXPECT_EQ(say({test::issue(request), other_root}), "INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND");
}

TEST_F(AnchoredCheck, CountsANameWithoutAChainForNothing) {
  const auto known = add_signature(
      "", k_report, {key_, {test::issue(leaf_request()), authority_}, Role::supplier}, k_now);
  ASSERT_TRUE(known) << known.error().message;
  const PrivateKey own = key();
  const Certificate claim =
      test::issue({.subject = {"Signer", "Supplier AG", "VATDE-1"}, .key = test::pkey_of(own)});
  const auto both = add_signature(*known, k_report, {own, {claim}, Role::supplier}, k_now);
  ASSERT_TRUE(both) << both.error().message;
  const SignatureCheck result = check_signatures({k_report, *both}, policy_, k_now);
  EXPECT_EQ(said(result), "TOTAL-PASSED") << result.sentence;
  EXPECT_EQ(result.signers.size(), 1U);
  ASSERT_FALSE(result.not_checked.empty());
  EXPECT_NE(result.not_checked.back().find("no chain to an anchor"), std::string::npos)
      << result.not_checked.back();
}

TEST_F(AnchoredCheck, RefusesALeafThatActsAsAnAuthority) {  // 22
  const PrivateKey leaf_key = key();
  test::Request outer = leaf_request();
  outer.key = test::pkey_of(leaf_key);
  outer.subject = {"Customer", "Somebody", "VATDE-2"};
  const Certificate leaf = test::issue(outer);
  test::Request request = leaf_request();
  request.issuer = leaf.der;
  request.issuer_key = test::pkey_of(leaf_key);
  EXPECT_EQ(say({test::issue(request), leaf, authority_}),
            "INDETERMINATE CHAIN_CONSTRAINTS_FAILURE");
}

TEST_F(AnchoredCheck, RefusesAnotherOrganisationOfTheSameAuthority) {
  test::Request request = leaf_request();
  request.subject.organization_identifier = "VATDE-2";
  EXPECT_EQ(say({test::issue(request), authority_}), "INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND");
  request.subject.organization_identifier = "";
  EXPECT_EQ(say({test::issue(request), authority_}), "INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND");
}

TEST_F(AnchoredCheck, RefusesAnExpiredAuthority) {  // 23
  test::Request request = leaf_request();
  request.not_after_s = k_now + 2 * k_year;
  const Certificate leaf = test::issue(request);
  EXPECT_EQ(say({leaf, authority_}), "TOTAL-PASSED");
  EXPECT_EQ(say({leaf, authority_}, k_now + k_year + 1), "INDETERMINATE OUT_OF_BOUNDS_NO_POE");
}

TEST_F(AnchoredCheck, RefusesAnAuthorityThatBreaksTheRulesOfRfc5280) {
  const Certificate authority = test::issue({.subject = {"Authority", "Trust", ""},
                                             .key = test::pkey_of(authority_key_),
                                             .issuer = root_.der,
                                             .issuer_key = test::pkey_of(root_key_),
                                             .authority = true,
                                             .constraints = "CA:TRUE"});  // not critical
  EXPECT_EQ(say({test::issue(leaf_request()), authority}),
            "INDETERMINATE CHAIN_CONSTRAINTS_FAILURE");
}

TEST_F(AnchoredCheck, RefusesWeakCryptographyInTheChain) {
  const auto weak = test::owned(EVP_RSA_gen(1024));
  const Certificate authority = test::issue({.subject = {"Authority", "Trust", ""},
                                             .key = weak.get(),
                                             .issuer = root_.der,
                                             .issuer_key = test::pkey_of(root_key_),
                                             .authority = true});
  test::Request request = leaf_request();
  request.issuer = authority.der;
  request.issuer_key = weak.get();
  EXPECT_EQ(say({test::issue(request), authority}), "INDETERMINATE CRYPTO_CONSTRAINTS_FAILURE");
}

}  // namespace
}  // namespace assay
