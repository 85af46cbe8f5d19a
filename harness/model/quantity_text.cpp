// Quantities as people read them. Separate from reading them: nothing here is ever read back.
#include <string>

#include "harness/model/units.h"

namespace assay {
namespace {

bool is_binary(const Unit& unit) {
  return unit.name.find("iB") != std::string_view::npos;
}

/// value / scale. Where the exact quotient needs more than 128 bits, digits that nobody reads go.
Ratio divide(Ratio value, const Ratio& scale) {
  constexpr Natural k_largest = ~Natural{0};
  while (value.numerator > k_largest / scale.denominator ||
         value.denominator > k_largest / scale.numerator) {
    value.numerator /= 2;
    value.denominator = value.denominator / 2 + value.denominator % 2;
  }
  return {value.numerator * scale.denominator, value.denominator * scale.numerator};
}

}  // namespace

std::string for_people(const Ratio& base_value, Dimension dimension) {
  const Unit* best = nullptr;
  for (const Unit& unit : all_units()) {
    if (unit.dimension != dimension || is_binary(unit)) {
      continue;
    }
    if (best == nullptr || compare(base_value, unit.scale) >= 0) {
      best = &unit;
    }
  }
  if (best == nullptr) {
    return significant(base_value);
  }
  return significant(divide(base_value, best->scale)) + " " + std::string(best->name);
}

}  // namespace assay
