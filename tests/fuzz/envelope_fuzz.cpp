// Signatures: what is read is complete, and no made-up envelope verifies over bytes it never saw.
#include "reports/jades.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto envelope = assay::read_envelope(assay::as_text(data, size));
  if (!envelope) {
    assay::require(!envelope.error().message.empty(), "a refusal says why");
    return 0;
  }
  assay::require(!envelope->entries.empty(), "an envelope has a signature");
  assay::require(envelope->entries.size() <= assay::k_most_signatures, "but not too many");
  for (const assay::JadesEntry& entry : envelope->entries) {
    assay::require(!entry.header.chain.empty(), "a signature names its certificate");
    assay::require(entry.header.algorithm == "ES256", "it is ES256");
    const auto verified = verify_entry(entry, "{\"nobody\":\"signed this\"}");
    assay::require(!verified || !*verified, "it does not hold for bytes that nobody signed");
  }
  return 0;
}
