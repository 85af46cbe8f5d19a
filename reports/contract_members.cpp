#include "reports/contract_members.h"

#include <algorithm>

namespace assay {
namespace {

/// "en", "de", "de-AT": enough of BCP 47 to tell a language from a slip.
bool is_language(std::string_view tag) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const std::string_view language = tag.substr(0, tag.find('-'));
  return (language.size() == 2 || language.size() == 3) &&
         std::all_of(language.begin(), language.end(), is_lower) && is_identifier(tag) &&
         tag.back() != '-';
}

}  // namespace

std::optional<Quantity> quantity_of(Members& members, std::string_view name) {
  const Json* value = members.optional(name);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->whole() != nullptr || value->real() != nullptr) {
    members.fail(name,
                 "a bare number has no unit, so nobody can say what was promised: write a string "
                 "such as \"1620 TFLOP/s\"");
    return std::nullopt;
  }
  const auto quantity = parse_quantity(members.text(name));
  if (!quantity) {
    members.fail(name, quantity.error().message);
    return std::nullopt;
  }
  return *quantity;
}

Text text_of(Members& members, std::string_view name) {
  Text text;
  if (!members.has(name)) {
    return text;
  }
  const Json* object = members.object(name);
  if (object == nullptr) {
    return text;
  }
  for (const auto& [language, value] : *object->object()) {
    const std::string member = std::string(name) + "." + language;
    if (!is_language(language)) {
      members.fail(name, "'" + language + "' is no language such as 'en' or 'de'");
    } else if (value.text() == nullptr || value.text()->empty()) {
      members.fail(member, "must be a string that is not empty");
    } else {
      text.emplace(language, *value.text());
    }
  }
  return text;
}

std::uint32_t count_of(Members& members, std::string_view name,
                       std::optional<std::uint32_t> fallback) {
  const std::int64_t number = fallback ? members.whole_or(name, *fallback) : members.whole(name);
  if (number > std::numeric_limits<std::uint32_t>::max()) {
    members.fail(name, "more than 4294967295");
    return 0;
  }
  return static_cast<std::uint32_t>(number);
}

}  // namespace assay
