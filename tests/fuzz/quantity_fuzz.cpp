// Whatever is read as a quantity means what it says: its text is read again as the same value.
#include "harness/model/quantity.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto quantity = assay::parse_quantity(assay::as_text(data, size));
  if (!quantity) {
    assay::require(!quantity.error().message.empty(), "a refusal says why");
    return 0;
  }
  assay::require(quantity->base.denominator != 0, "a value is finite");
  const auto again = assay::parse_quantity(quantity->text);
  assay::require(again.has_value(), "the text of a quantity is a quantity");
  assay::require(again->dimension == quantity->dimension, "it has the same dimension");
  assay::require(compare(again->base, quantity->base) == 0, "it has the same value");
  assay::require(!for_people(quantity->base, quantity->dimension).empty(), "it can be printed");
  return 0;
}
