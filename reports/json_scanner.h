// The words of a JSON text (RFC 8259): strings, numbers and punctuation. For json_read.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "reports/json.h"

namespace assay {

/// Walks over a text. What returns a const char* returns why it is refused, or nullptr.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : text_(text) {}

  [[nodiscard]] std::size_t position() const { return at_; }
  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  /// The next byte, or 0 at the end. A byte 0 in the text is refused wherever it is met.
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }
  /// Whether a digit or a minus is next.
  [[nodiscard]] bool at_number() const;
  /// The next byte for people: "'x'", or "the byte 0xff" where it is no printable ASCII.
  [[nodiscard]] std::string next_shown() const;

  void skip_space();
  /// Passes `c` if it is next.
  bool take(char c);
  /// Passes `word` if it is next.
  bool take(std::string_view word);
  /// From the quote on.
  [[nodiscard]] const char* string(std::string& value);
  [[nodiscard]] const char* number(Json& value);

 private:
  const char* escape(std::string& value);
  const char* unicode_escape(std::string& value);
  const char* copy_character(std::string& value);
  bool hex4(std::uint32_t& unit);
  bool digits();

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace assay
