// A decimal number with its unit, exactly as a contract states it.
#pragma once

#include <string>
#include <string_view>

#include "harness/model/exact.h"
#include "harness/model/result.h"

namespace assay {

/// What a unit measures. Base units: FLOP/s, OP/s, byte/s, second, byte, watt, 1 (for percent).
enum class Dimension { flop_rate, op_rate, byte_rate, time, bytes, power, percent, count };

/// "flop_rate", "time", ...: the name used in journals and reports.
[[nodiscard]] std::string_view name_of(Dimension dimension);
[[nodiscard]] Result<Dimension> dimension_from(std::string_view name);

/// True for what is better when it is larger (FLOP/s, OP/s, byte/s).
[[nodiscard]] bool is_rate(Dimension dimension);

struct Quantity {
  std::string text;  ///< As written, normalised to one space: "1620 TFLOP/s".
  Dimension dimension = Dimension::count;
  Ratio base;  ///< Exact value in the base unit: 1.62e15 FLOP/s; "1 %" is 1/100.

  friend bool operator==(const Quantity& a, const Quantity& b) { return a.text == b.text; }
};

/// Reads "400 GB/s", "3.2 TFLOP/s", "12 us", "0.5 %". Plain decimals only: digits and at most one
/// point, no sign, no exponent, no separators, at most 15 significant digits and 9 decimals; one
/// space; then a unit. GB is 1e9 bytes, GiB 2^30. Fails with bad_input on anything else.
[[nodiscard]] Result<Quantity> parse_quantity(std::string_view text);

/// Every unit that parse_quantity knows, for messages and documents: "TFLOP/s", ...
[[nodiscard]] std::string known_units();

/// 4 significant digits with a fitting decimal prefix, for people: "1.620 PFLOP/s".
[[nodiscard]] std::string for_people(const Ratio& base_value, Dimension dimension);

}  // namespace assay
