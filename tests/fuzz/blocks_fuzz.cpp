// Blocks have one form: whatever is read is written back as the same bytes.
#include "reports/blocks.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = assay::as_text(data, size);
  const auto blocks = assay::decode_blocks(bytes);
  if (!blocks) {
    assay::require(!blocks.error().message.empty(), "a refusal says why");
    return 0;
  }
  assay::require(assay::encode(*blocks) == bytes, "what was read is written back byte for byte");
  const auto sums = assay::sums_of(*blocks);
  if (sums) {
    assay::require(sums->elapsed_ns > 0, "a window takes time");
    assay::require(sums->gap_ns >= 0, "gaps are not negative");
    assay::require(sums->gap_ns < sums->elapsed_ns, "a window is not all gap");
  }
  return 0;
}
