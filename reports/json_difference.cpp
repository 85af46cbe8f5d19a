#include "reports/json_difference.h"

#include <algorithm>

namespace assay {
namespace {

constexpr std::size_t k_shown = 60;

std::string shown(const Json* value) {
  if (value == nullptr) {
    return "nothing";
  }
  std::string text = canonical_json(*value);
  return text.size() <= k_shown ? text : text.substr(0, k_shown) + "...";
}

bool same(const Json& a, const Json& b) {
  return canonical_json(a) == canonical_json(b);
}

/// One step down: the first pair of children that differ.
struct Step {
  std::string place;
  const Json* is = nullptr;
  const Json* should_be = nullptr;
};

Step step_into(const Json::Object& is, const Json& is_value, const Json& should_be) {
  for (const auto& [name, wanted] : *should_be.object()) {
    const Json* found = is_value.find(name);
    if (found == nullptr || !same(*found, wanted)) {
      return {name, found, &wanted};
    }
  }
  for (const auto& [name, value] : is) {
    if (should_be.find(name) == nullptr) {
      return {name, &value, nullptr};
    }
  }
  return {};
}

Step step_into(const Json::Array& is, const Json::Array& should_be) {
  for (std::size_t i = 0; i < std::max(is.size(), should_be.size()); ++i) {
    const Json* found = i < is.size() ? &is[i] : nullptr;
    const Json* wanted = i < should_be.size() ? &should_be[i] : nullptr;
    if (found == nullptr || wanted == nullptr || !same(*found, *wanted)) {
      return {"[" + std::to_string(i) + "]", found, wanted};
    }
  }
  return {};
}

}  // namespace

JsonDifference first_difference(const Json& is, const Json& should_be) {
  std::string place;
  const Json* left = &is;
  const Json* right = &should_be;
  while (left != nullptr && right != nullptr) {
    Step step;
    if (left->object() != nullptr && right->object() != nullptr) {
      step = step_into(*left->object(), *left, *right);
      place += place.empty() || step.place.empty() ? "" : ".";
    } else if (left->array() != nullptr && right->array() != nullptr) {
      step = step_into(*left->array(), *right->array());
    } else {
      break;
    }
    if (step.place.empty()) {
      break;
    }
    place += step.place;
    left = step.is;
    right = step.should_be;
  }
  return {.place = place, .is = shown(left), .should_be = shown(right)};
}

}  // namespace assay
