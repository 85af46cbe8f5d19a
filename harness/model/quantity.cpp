#include "harness/model/quantity.h"

#include <algorithm>
#include <array>
#include <utility>

#include "harness/model/units.h"

namespace assay {
namespace {

constexpr std::array<std::pair<Dimension, std::string_view>, 8> k_dimensions{
    {{Dimension::flop_rate, "flop_rate"},
     {Dimension::op_rate, "op_rate"},
     {Dimension::byte_rate, "byte_rate"},
     {Dimension::time, "time"},
     {Dimension::bytes, "bytes"},
     {Dimension::power, "power"},
     {Dimension::percent, "percent"},
     {Dimension::count, "count"}}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

Error refuse(std::string_view text, const std::string& why) {
  return {Error::Code::bad_input, "'" + std::string(text) + "' " + why};
}

/// The number before the unit: digits as one whole number, and how many of them are decimals.
struct Decimal {
  Natural digits = 0;
  std::size_t decimals = 0;
};

/// "" if `number` is a plain decimal, else what it is not.
std::string fault_of(std::string_view number) {
  constexpr std::size_t k_most_digits = 15;
  constexpr std::size_t k_most_decimals = 9;
  const auto is_plain = [](char c) { return is_digit(c) || c == '.'; };
  if (!std::all_of(number.begin(), number.end(), is_plain) ||
      std::count(number.begin(), number.end(), '.') > 1 || number.empty() ||
      !is_digit(number.front()) || !is_digit(number.back())) {
    return "is no plain decimal: digits with at most one point between them, no sign, no exponent, "
           "no separators, then one space and a unit";
  }
  if (number.size() > 1 && number.front() == '0' && number[1] != '.') {
    return "has a leading zero";
  }
  const auto point = number.find('.');
  if (point != std::string_view::npos && number.size() - point - 1 > k_most_decimals) {
    return "has more than 9 decimals";
  }
  const std::string_view significant =
      number.substr(std::min(number.find_first_of("123456789"), number.size()));
  if (std::count_if(significant.begin(), significant.end(), is_digit) >
      static_cast<std::ptrdiff_t>(k_most_digits)) {
    return "has more than 15 significant digits";
  }
  return "";
}

/// Precondition: fault_of(number) is "".
Decimal read_decimal(std::string_view number) {
  Decimal decimal;
  const auto point = number.find('.');
  decimal.decimals = point == std::string_view::npos ? 0 : number.size() - point - 1;
  for (const char c : number) {
    if (c != '.') {
      decimal.digits = decimal.digits * 10 + static_cast<Natural>(c - '0');
    }
  }
  return decimal;
}

Natural greatest_divisor(Natural a, Natural b) {
  while (b != 0) {
    a = std::exchange(b, a % b);
  }
  return a;
}

}  // namespace

std::string_view name_of(Dimension dimension) {
  for (const auto& [known, name] : k_dimensions) {
    if (known == dimension) {
      return name;
    }
  }
  return "";
}

Result<Dimension> dimension_from(std::string_view name) {
  for (const auto& [dimension, known] : k_dimensions) {
    if (known == name) {
      return dimension;
    }
  }
  return Error{Error::Code::bad_input, "unknown dimension '" + std::string(name) + "'"};
}

bool is_rate(Dimension dimension) {
  return dimension == Dimension::flop_rate || dimension == Dimension::op_rate ||
         dimension == Dimension::byte_rate;
}

Result<Quantity> parse_quantity(std::string_view text) {
  const auto space = text.find(' ');
  const std::string_view number = text.substr(0, space);
  if (const std::string fault = fault_of(number); !fault.empty()) {
    return refuse(text, fault);
  }
  if (space == std::string_view::npos) {
    return refuse(text,
                  "has no unit, so nobody can say what was promised: write a number, one space and "
                  "one of " +
                      known_units());
  }
  const std::string_view name = text.substr(space + 1);
  const auto units = all_units();
  const auto unit = std::find_if(units.begin(), units.end(),
                                 [name](const Unit& known) { return known.name == name; });
  if (unit == units.end()) {
    return refuse(text,
                  "has the unknown unit '" + std::string(name) + "': known are " + known_units());
  }
  const Decimal decimal = read_decimal(number);
  Ratio base{decimal.digits * unit->scale.numerator, unit->scale.denominator};
  for (std::size_t i = 0; i < decimal.decimals; ++i) {
    base.denominator *= 10;
  }
  const Natural divisor = greatest_divisor(base.numerator, base.denominator);
  base.numerator /= divisor;
  base.denominator /= divisor;
  return Quantity{std::string(text), unit->dimension, base};
}

std::string known_units() {
  std::string list;
  for (const Unit& unit : all_units()) {
    list += (list.empty() ? "" : ", ") + std::string(unit.name);
  }
  return list;
}

}  // namespace assay
