// What a Json value can be asked.
#include "reports/json.h"

#include <array>

namespace assay {

const Json* Json::find(std::string_view name) const {
  const Object* members = object();
  if (members == nullptr) {
    return nullptr;
  }
  for (const auto& [key, value] : *members) {
    if (key == name) {
      return &value;
    }
  }
  return nullptr;
}

std::string_view Json::kind() const {
  constexpr std::array<std::string_view, 7> k_kinds{
      "null", "a boolean", "a whole number", "a number", "a string", "an array", "an object"};
  return k_kinds.at(state_.index());
}

}  // namespace assay
