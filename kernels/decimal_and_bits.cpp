#include "kernels/decimal_and_bits.h"

#include <array>
#include <charconv>

#include "kernels/number_bits.h"

namespace assay {

std::string decimal_and_bits(NumberType type, std::uint64_t bits) {
  std::array<char, 64> text{};
  const auto value = static_cast<float>(value_of_bits(type, bits));
  auto* const end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  std::array<char, 16> digits{};
  auto* const last = std::to_chars(digits.data(), digits.data() + digits.size(), bits, 16).ptr;
  return std::string(text.data(), end) + " (0x" + std::string(digits.data(), last) + ")";
}

}  // namespace assay
