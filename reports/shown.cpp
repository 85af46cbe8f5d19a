#include "reports/shown.h"

namespace assay {
namespace {

std::size_t length_of(unsigned char lead) {
  if (lead < 0xC0U) {
    return 1;
  }
  return lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : 4;
}

/// The character at `at`; one byte where a sequence is broken off, so that nothing hides in it.
std::string_view character_at(std::string_view text, std::size_t at) {
  const std::size_t length = length_of(static_cast<unsigned char>(text[at]));
  for (std::size_t i = 1; i < length; ++i) {
    if (at + i >= text.size() || (static_cast<unsigned char>(text[at + i]) & 0xC0U) != 0x80U) {
      return text.substr(at, 1);
    }
  }
  return text.substr(at, length);
}

bool acts_on_a_terminal(std::string_view character) {
  const auto byte = [character](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) {
    return byte(0) < 0x20U || byte(0) >= 0x7FU;
  }
  if (character.size() == 2) {
    return byte(0) == 0xC2U && byte(1) < 0xA0U;  // U+0080..U+009F
  }
  if (character.size() == 3 && byte(0) == 0xE2U) {  // U+200B..U+200F, U+2028..U+202E, U+2060..
    return (byte(1) == 0x80U &&
            ((byte(2) >= 0x8BU && byte(2) <= 0x8FU) || (byte(2) >= 0xA8U && byte(2) <= 0xAEU))) ||
           (byte(1) == 0x81U && byte(2) >= 0xA0U && byte(2) <= 0xAFU);
  }
  return false;
}

}  // namespace

std::string shown(std::string_view text, std::size_t enough) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto character = character_at(text, at);
    if (out.size() + character.size() > enough) {
      return out + "...";
    }
    out += acts_on_a_terminal(character) ? "?" : std::string(character);
    at += character.size();
  }
  return out;
}

}  // namespace assay
