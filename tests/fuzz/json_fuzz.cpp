// Strict JSON: whatever is read has one canonical form, which reads as the same value.
#include "reports/json.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = assay::read_json(assay::as_text(data, size));
  if (!value) {
    assay::require(!value.error().message.empty(), "a refusal says why");
    return 0;
  }
  const std::string once = assay::canonical_json(*value);
  const auto again = assay::read_json(once);
  assay::require(again.has_value(), "the canonical form is read");
  assay::require(assay::canonical_json(*again) == once, "the canonical form is a fixed point");
  assay::require(assay::read_canonical_json(once).has_value(), "it is recognised as canonical");
  return 0;
}
