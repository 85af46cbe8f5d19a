// A policy that is read trusts somebody for something, and asks for somebody it knows.
#include <algorithm>

#include "reports/policy.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto policy = assay::read_policy(assay::as_text(data, size), "/nonexistent");
  if (!policy) {
    assay::require(!policy.error().message.empty(), "a refusal says why");
    return 0;
  }
  assay::require(!policy->signers.empty(), "a policy trusts somebody");
  assay::require(policy->threshold > 0, "a policy asks for a signature");
  for (const assay::PolicySigner& signer : policy->signers) {
    assay::require(!signer.pinned.empty() || !signer.anchors.empty(), "nobody is trusted unseen");
    assay::require(signer.anchors.empty() || !signer.organization_identifier.empty(),
                   "an anchor vouches for one organisation only");
  }
  for (const assay::Role role : policy->required) {
    assay::require(std::any_of(policy->signers.begin(), policy->signers.end(),
                               [role](const auto& signer) { return signer.role == role; }),
                   "a required role can be filled");
  }
  return 0;
}
