#include "harness/model/natural.h"

#include <algorithm>

namespace assay {

std::string to_decimal(Natural value) {
  std::string digits;
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

Result<Natural> natural_from(std::string_view decimal) {
  const auto refuse = [decimal](std::string_view why) {
    return Error{Error::Code::bad_input, "'" + std::string(decimal) + "' " + std::string(why)};
  };
  if (decimal.empty() || decimal.size() > 39) {
    return refuse("is no whole number of 1 to 39 digits");
  }
  if (decimal.size() > 1 && decimal.front() == '0') {
    return refuse("has a leading zero");
  }
  constexpr Natural k_largest = ~Natural{0};
  Natural value = 0;
  for (const char c : decimal) {
    if (c < '0' || c > '9') {
      return refuse("is no whole number");
    }
    const auto digit = static_cast<Natural>(c - '0');
    if (value > (k_largest - digit) / 10) {
      return refuse("is 2^128 or more");
    }
    value = value * 10 + digit;
  }
  return value;
}

}  // namespace assay
