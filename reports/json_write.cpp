// RFC 8785: one value, one text.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "reports/json.h"

namespace assay {
namespace {

/// Orders UTF-8 bytes as their UTF-16 code units are ordered: a character beyond U+FFFF begins
/// with a surrogate (U+D800..), so it sorts before U+E000..U+FFFF, whose UTF-8 begins EE or EF.
unsigned utf16_rank(char c) {
  const unsigned byte = static_cast<unsigned char>(c);
  if (byte >= 0xF0U) {
    return byte - 2U;
  }
  return byte >= 0xEEU ? byte + 0x10U : byte;
}

bool utf16_less(std::string_view a, std::string_view b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](char x, char y) { return utf16_rank(x) < utf16_rank(y); });
}

bool needs_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20U || c == '"' || c == '\\';
}

void write_escape(std::string& out, char c) {
  constexpr std::string_view k_hex = "0123456789abcdef";
  constexpr std::string_view k_named = "\b\t\n\f\r\"\\";
  constexpr std::string_view k_letters = "btnfr\"\\";
  const std::size_t named = k_named.find(c);
  out += '\\';
  if (named != std::string_view::npos) {
    out += k_letters[named];
    return;
  }
  out += "u00";
  out += k_hex[static_cast<unsigned char>(c) >> 4U];
  out += k_hex[static_cast<unsigned char>(c) & 15U];
}

void write_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t written = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (needs_escape(text[i])) {
      out.append(text, written, i - written);
      write_escape(out, text[i]);
      written = i + 1;
    }
  }
  out.append(text, written);
  out += '"';
}

void write_whole(std::string& out, std::int64_t value) {
  std::array<char, 24> buffer{};
  const char* const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  out.append(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
}

/// ECMAScript's Number::toString: shortest digits, laid out by where the decimal point falls.
void write_real(std::string& out, double value) {
  if (value == 0) {
    out += '0';  // also for -0
    return;
  }
  std::array<char, 32> buffer{};
  const char* const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                        std::abs(value), std::chars_format::scientific)
                              .ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t e = text.find('e');
  std::string digits(text.substr(0, 1));
  if (e > 1) {
    digits += text.substr(2, e - 2);
  }
  const bool small = text[e + 1] == '-';
  int exponent = 0;
  std::from_chars(text.data() + e + 2, text.data() + text.size(), exponent);
  const int point = (small ? -exponent : exponent) + 1;  // digits before the decimal point
  const auto size = static_cast<int>(digits.size());

  out += value < 0 ? "-" : "";
  if (point > 21 || point < -5) {
    out += digits[0];
    out += digits.size() > 1 ? "." + digits.substr(1) : "";
    out += small ? "e-" : "e+";
    write_whole(out, exponent);
  } else if (point <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-point), '0');
    out += digits;
  } else if (point >= size) {
    out += digits;
    out.append(static_cast<std::size_t>(point - size), '0');
  } else {
    out.append(digits, 0, static_cast<std::size_t>(point));
    out += '.';
    out.append(digits, static_cast<std::size_t>(point));
  }
}

void write_value(std::string& out, const Json& value);

void write_member(std::string& out, const Json::Member& member) {
  write_string(out, member.first);
  out += ':';
  write_value(out, member.second);
}

void write_object(std::string& out, const Json::Object& members) {
  const auto by_name = [](const Json::Member& a, const Json::Member& b) {
    return utf16_less(a.first, b.first);
  };
  out += '{';
  const char* comma = "";
  if (std::is_sorted(members.begin(), members.end(), by_name)) {
    for (const Json::Member& member : members) {
      out += comma;
      write_member(out, member);
      comma = ",";
    }
  } else {
    std::vector<const Json::Member*> order;
    order.reserve(members.size());
    for (const Json::Member& member : members) {
      order.push_back(&member);
    }
    std::sort(order.begin(), order.end(),
              [&](const auto* a, const auto* b) { return by_name(*a, *b); });
    for (const Json::Member* member : order) {
      out += comma;
      write_member(out, *member);
      comma = ",";
    }
  }
  out += '}';
}

void write_array(std::string& out, const Json::Array& items) {
  out += '[';
  const char* comma = "";
  for (const Json& item : items) {
    out += comma;
    write_value(out, item);
    comma = ",";
  }
  out += ']';
}

void write_value(std::string& out, const Json& value) {
  if (const auto* text = value.text()) {
    write_string(out, *text);
  } else if (const auto* whole = value.whole()) {
    write_whole(out, *whole);
  } else if (const auto* members = value.object()) {
    write_object(out, *members);
  } else if (const auto* items = value.array()) {
    write_array(out, *items);
  } else if (const auto* real = value.real()) {
    write_real(out, *real);
  } else if (const auto* boolean = value.boolean()) {
    out += *boolean ? "true" : "false";
  } else {
    out += "null";
  }
}

}  // namespace

std::string canonical_json(const Json& value) {
  std::string out;
  write_value(out, value);
  return out;
}

Result<Json> read_canonical_json(std::string_view text, const JsonLimits& limits) {
  auto value = read_json(text, limits);
  if (!value) {
    return value;
  }
  const std::string canonical = canonical_json(*value);
  if (canonical == text) {
    return value;
  }
  const auto shorter = std::min(text.size(), canonical.size());
  const auto differ = std::mismatch(
      text.begin(), text.begin() + static_cast<std::ptrdiff_t>(shorter), canonical.begin());
  return Error{Error::Code::bad_input, "byte " + std::to_string(differ.first - text.begin()) +
                                           ": not in canonical form (RFC 8785)"};
}

}  // namespace assay
