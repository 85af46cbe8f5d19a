// What the decoders of a contract's parts share: quantities, words, texts in several languages.
#pragma once

#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "harness/model/contract.h"
#include "reports/members.h"

namespace assay {

/// An optional member such as "at_least": "1620 TFLOP/s".
[[nodiscard]] std::optional<Quantity> quantity_of(Members& members, std::string_view name);

/// {"en": "...", "de": "..."}; absent: empty.
[[nodiscard]] Text text_of(Members& members, std::string_view name);

/// A whole number that fits; absent: `fallback`, or a failure if there is none.
[[nodiscard]] std::uint32_t count_of(Members& members, std::string_view name,
                                     std::optional<std::uint32_t> fallback = std::nullopt);

/// A required word, one of `choices` by their name_of().
template <class T>
[[nodiscard]] T word_of(Members& members, std::string_view name, std::initializer_list<T> choices) {
  const std::string word = members.text(name);
  std::string list;
  for (const T choice : choices) {
    if (name_of(choice) == word) {
      return choice;
    }
    list += (list.empty() ? "" : ", ") + std::string(name_of(choice));
  }
  members.fail(name, "'" + word + "' is not one of: " + list);
  return *choices.begin();
}

[[nodiscard]] Result<Clause> read_clause(const Json& value, const std::string& place);

}  // namespace assay
