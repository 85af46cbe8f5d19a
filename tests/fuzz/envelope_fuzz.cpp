// Envelopes: nothing that is read is trusted, and adding a signature keeps what was there.
#include "reports/jades.h"
#include "reports/signature_check.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = assay::as_text(data, size);
  const auto envelope = assay::read_envelope(text);
  assay::require(envelope.has_value() || !envelope.error().message.empty(), "a refusal says why");
  if (envelope) {
    assay::require(!envelope->entries.empty(), "an envelope has a signature");
    assay::require(envelope->entries.size() <= assay::k_most_signatures, "but not too many");
    for (const assay::JadesEntry& entry : envelope->entries) {
      assay::require(!entry.header.chain.empty(), "a signature names its certificate");
      const auto verified = verify_entry(entry, "{\"nobody\":\"signed this\"}");
      assay::require(!verified || !*verified, "it doesn't hold for bytes that nobody signed");
    }
  }
  const assay::Policy trusts_nobody;
  const auto check = assay::check_signatures({"{}", text}, trusts_nobody, 1'770'000'000);
  assay::require(check.indication != assay::Indication::total_passed && !check.policy_met,
                 "who trusts nobody accepts nothing");
  assay::require(!check.sub_indication.empty() && !check.sentence.empty(), "a refusal says why");
  return 0;
}
