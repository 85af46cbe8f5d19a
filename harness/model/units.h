// The units a contract may use, each with its exact size in the base unit of its dimension.
#pragma once

#include <span>
#include <string_view>

#include "harness/model/quantity.h"

namespace assay {

struct Unit {
  std::string_view name;
  Dimension dimension = Dimension::count;
  Ratio scale;  ///< Of the base unit: 1e12/1 for TFLOP/s, 1/1e9 for ns.
};

/// By dimension, each from small to large; binary units (GiB) after the decimal ones.
[[nodiscard]] std::span<const Unit> all_units();

/// "FLOP/s", "s", "%", ...; "" for a count.
[[nodiscard]] std::string_view base_unit(Dimension dimension);

}  // namespace assay
