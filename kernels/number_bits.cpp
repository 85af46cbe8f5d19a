#include "kernels/number_bits.h"

#include <string_view>

namespace assay {

std::string text_of_bits(NumberType type, std::uint64_t bits, int shift) {
  const Whole whole = whole_of_bits(type, bits, shift);
  if (whole.is_one) {
    return std::to_string(whole.value);
  }
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::string text;
  for (std::uint64_t digit = 2 * bytes_of(type); digit-- > 0;) {
    text += k_digits[(bits >> (4 * digit)) & 0xfU];
  }
  return "0x" + text + " (no integer)";
}

}  // namespace assay
