#include "reports/json_scanner.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

namespace assay {
namespace {

constexpr std::int64_t k_largest_whole = (std::int64_t{1} << 53) - 1;
constexpr const char* k_beyond = "is a whole number beyond 2^53-1";
constexpr const char* k_malformed = "is no JSON: a malformed number";

unsigned byte_of(char c) {
  return static_cast<unsigned char>(c);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// What stands in a string as it is, and is one byte long.
bool is_plain(char c) {
  return byte_of(c) >= 0x20U && byte_of(c) < 0x80U && c != '"' && c != '\\';
}

/// How many plain bytes `text` begins with. Eight at a time: a byte's high bit is set in `special`
/// if it is below 0x20 or above 0x7F, a quote or a backslash, and in no byte before the first such
/// one (a borrow runs upward only).
std::size_t plain_prefix(std::string_view text) {
  constexpr std::uint64_t k_each = 0x0101010101010101U;
  constexpr std::uint64_t k_high = 0x80 * k_each;
  const auto is_zero = [](std::uint64_t bytes) { return (bytes - k_each) & ~bytes; };
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text.data() + at, sizeof bytes);
    const std::uint64_t special =
        (bytes | (bytes - 0x20 * k_each) | is_zero(bytes ^ (byte_of('"') * k_each)) |
         is_zero(bytes ^ (byte_of('\\') * k_each))) &
        k_high;
    if (special != 0) {  // x86-64 is little-endian: the lowest bit is the first byte's.
      return at + static_cast<std::size_t>(std::countr_zero(special)) / 8;
    }
  }
  while (at < text.size() && is_plain(text[at])) {
    ++at;
  }
  return at;
}

const char* forbidden(std::uint32_t character) {
  if (character == 0) {
    return "holds the character U+0000";
  }
  if ((character & 0xFFFEU) == 0xFFFEU || (character >= 0xFDD0U && character <= 0xFDEFU)) {
    return "holds a noncharacter (U+FFFE, say)";
  }
  return nullptr;
}

/// Precondition: a Unicode scalar value.
void append_utf8(std::string& out, std::uint32_t character) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (character < 0x80U) {
    put(character);
  } else if (character < 0x800U) {
    put(0xC0U | (character >> 6U));
    put(0x80U | (character & 0x3FU));
  } else if (character < 0x10000U) {
    put(0xE0U | (character >> 12U));
    put(0x80U | ((character >> 6U) & 0x3FU));
    put(0x80U | (character & 0x3FU));
  } else {
    put(0xF0U | (character >> 18U));
    put(0x80U | ((character >> 12U) & 0x3FU));
    put(0x80U | ((character >> 6U) & 0x3FU));
    put(0x80U | (character & 0x3FU));
  }
}

/// Which second bytes a lead byte allows: what keeps out overlong forms, surrogates and what lies
/// beyond U+10FFFF (Unicode, table 3-7). `length` 0: no lead byte.
struct Lead {
  std::size_t length;
  unsigned least, most;
};
Lead lead_of(unsigned byte) {
  if (byte < 0xC2U || byte > 0xF4U) {
    return {0, 0, 0};
  }
  if (byte < 0xE0U) {
    return {2, 0x80U, 0xBFU};
  }
  if (byte < 0xF0U) {
    return {3, byte == 0xE0U ? 0xA0U : 0x80U, byte == 0xEDU ? 0x9FU : 0xBFU};
  }
  return {4, byte == 0xF0U ? 0x90U : 0x80U, byte == 0xF4U ? 0x8FU : 0xBFU};
}

const char* whole(std::string_view written, Json& value) {
  std::int64_t number = 0;
  const auto read = std::from_chars(written.data(), written.data() + written.size(), number);
  if (read.ec != std::errc() || number > k_largest_whole || number < -k_largest_whole) {
    return k_beyond;
  }
  value = Json(number);
  return nullptr;
}

const char* real(std::string_view written, Json& value) {
  double number = 0;
  const auto read = std::from_chars(written.data(), written.data() + written.size(), number);
  if (read.ec != std::errc() || !std::isfinite(number)) {
    return "is a number that no double holds (too large or too small)";
  }
  // Like 1e20: its canonical form would be a whole number that can't be read.
  constexpr double k_first_with_exponent = 1e21;
  const double size = std::fabs(number);
  if (size > static_cast<double>(k_largest_whole) && size < k_first_with_exponent) {
    return k_beyond;
  }
  value = Json(number);
  return nullptr;
}

}  // namespace

void JsonScanner::skip_space() {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
    ++at_;
  }
}

bool JsonScanner::take(char c) {
  const bool is_next = at_ < text_.size() && text_[at_] == c;
  at_ += is_next ? 1 : 0;
  return is_next;
}

bool JsonScanner::take(std::string_view word) {
  const bool is_next = text_.substr(at_, word.size()) == word;
  at_ += is_next ? word.size() : 0;
  return is_next;
}

bool JsonScanner::at_number() const {
  return is_digit(peek()) || peek() == '-';
}

std::string JsonScanner::next_shown() const {
  constexpr std::string_view k_digits = "0123456789abcdef";
  const unsigned byte = byte_of(peek());
  if (byte > 0x20U && byte < 0x7FU) {
    return {'\'', peek(), '\''};
  }
  return std::string("the byte 0x") + k_digits[byte >> 4U] + k_digits[byte & 0xFU];
}

const char* JsonScanner::string(std::string& value) {
  ++at_;
  while (true) {
    const std::size_t plain = plain_prefix(text_.substr(at_));
    value.append(text_, at_, plain);
    at_ += plain;
    if (at_end()) {
      return "is no JSON: a string without its end";
    }
    if (take('"')) {
      return nullptr;
    }
    const char* why = text_[at_] == '\\' ? escape(value) : copy_character(value);
    if (why != nullptr) {
      return why;
    }
  }
}

const char* JsonScanner::copy_character(std::string& value) {
  const unsigned first = byte_of(text_[at_]);
  if (first < 0x20U) {
    return "is no JSON: a control character in a string";
  }
  const Lead lead = lead_of(first);
  if (lead.length == 0 || at_ + lead.length > text_.size()) {
    return "is no JSON: ill-formed UTF-8";
  }
  std::uint32_t character = first & (0x7FU >> lead.length);
  for (std::size_t i = 1; i < lead.length; ++i) {
    const unsigned byte = byte_of(text_[at_ + i]);
    if (byte < (i == 1 ? lead.least : 0x80U) || byte > (i == 1 ? lead.most : 0xBFU)) {
      return "is no JSON: ill-formed UTF-8";
    }
    character = (character << 6U) | (byte & 0x3FU);
  }
  value.append(text_, at_, lead.length);
  at_ += lead.length;
  return forbidden(character);
}

const char* JsonScanner::escape(std::string& value) {
  constexpr std::string_view k_letters = "\"\\/bfnrt";
  constexpr std::string_view k_meanings = "\"\\/\b\f\n\r\t";
  ++at_;
  if (take('u')) {
    return unicode_escape(value);
  }
  const std::size_t which = at_end() ? std::string_view::npos : k_letters.find(text_[at_]);
  if (which == std::string_view::npos) {
    return "is no JSON: an unknown escape";
  }
  value += k_meanings[which];
  ++at_;
  return nullptr;
}

bool JsonScanner::hex4(std::uint32_t& unit) {
  unit = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const char c = peek();
    const char lower = static_cast<char>(c | 0x20);
    if (is_digit(c)) {
      unit = unit * 16 + byte_of(c) - byte_of('0');
    } else if (lower >= 'a' && lower <= 'f') {
      unit = unit * 16 + byte_of(lower) - byte_of('a') + 10;
    } else {
      return false;
    }
  }
  return true;
}

const char* JsonScanner::unicode_escape(std::string& value) {
  std::uint32_t character = 0;
  if (!hex4(character)) {
    return "is no JSON: \\u without four hexadecimal digits";
  }
  if (character >= 0xDC00U && character <= 0xDFFFU) {
    return "is no JSON: a lone surrogate";
  }
  if (character >= 0xD800U && character <= 0xDBFFU) {
    std::uint32_t low = 0;
    if (!take("\\u") || !hex4(low) || low < 0xDC00U || low > 0xDFFFU) {
      return "is no JSON: a lone surrogate";
    }
    character = 0x10000U + ((character - 0xD800U) << 10U) + (low - 0xDC00U);
  }
  append_utf8(value, character);
  return forbidden(character);
}

bool JsonScanner::digits() {
  const std::size_t start = at_;
  while (at_ < text_.size() && is_digit(text_[at_])) {
    ++at_;
  }
  return at_ > start;
}

const char* JsonScanner::number(Json& value) {
  const std::size_t start = at_;
  take('-');
  const std::size_t whole_start = at_;
  if (!digits() || (text_[whole_start] == '0' && at_ - whole_start > 1)) {
    return k_malformed;
  }
  const std::size_t whole_end = at_;
  if (take('.') && !digits()) {
    return k_malformed;
  }
  if (take('e') || take('E')) {
    static_cast<void>(take('+') || take('-'));
    if (!digits()) {
      return k_malformed;
    }
  }
  const std::string_view written = text_.substr(start, at_ - start);
  return at_ == whole_end ? whole(written, value) : real(written, value);
}

}  // namespace assay
