#include "reports/members.h"

#include "reports/shown.h"

namespace assay {

Members::Members(const Json& value, std::string place) : value_(&value), place_(std::move(place)) {
  if (value.object() == nullptr) {
    fail("", "must be an object, not " + std::string(value.kind()));
  }
}

bool Members::has(std::string_view name) const {
  return value_->find(name) != nullptr;
}

std::string Members::place_of(std::string_view name) const {
  if (place_.empty() || name.empty()) {
    return place_ + std::string(name);
  }
  return place_ + "." + std::string(name);
}

void Members::fail(std::string_view name, std::string_view sentence) {
  if (error_) {
    return;
  }
  constexpr std::size_t k_longest = 1000;
  const std::string place = place_of(name);
  // It may quote the document, and stays one line whatever that holds.
  error_ = Error{
      Error::Code::bad_input,
      shown((place.empty() ? "the document" : place) + ": " + std::string(sentence), k_longest)};
}

const Json* Members::optional(std::string_view name) {
  const Json* member = value_->find(name);
  if (member != nullptr) {
    seen_.emplace(name);
  }
  return member;
}

const Json* Members::take(std::string_view name) {
  const Json* member = optional(name);
  if (member == nullptr) {
    fail(name, "is missing");
  }
  return member;
}

std::string Members::text(std::string_view name) {
  const Json* member = take(name);
  if (member == nullptr) {
    return {};
  }
  if (const std::string* text = member->text()) {
    return *text;
  }
  fail(name, "must be a string, not " + std::string(member->kind()));
  return {};
}

std::string Members::text_or(std::string_view name, std::string_view fallback) {
  return has(name) ? text(name) : std::string(fallback);
}

std::int64_t Members::whole(std::string_view name) {
  const Json* member = take(name);
  if (member == nullptr) {
    return 0;
  }
  const std::int64_t* number = member->whole();
  if (number == nullptr || *number < 0) {
    fail(name, "must be a whole number from 0");
    return 0;
  }
  return *number;
}

std::int64_t Members::whole_up_to(std::string_view name, std::int64_t most) {
  const std::int64_t value = whole(name);
  if (value > most) {
    fail(name, "must be at most " + std::to_string(most));
    return 0;
  }
  return value;
}

std::int64_t Members::whole_or(std::string_view name, std::int64_t fallback) {
  return has(name) ? whole(name) : fallback;
}

Natural Members::decimal(std::string_view name) {
  const Json* member = take(name);
  if (member == nullptr) {
    return 0;
  }
  const std::string* text = member->text();
  if (text == nullptr) {
    fail(name, "must be a string of decimal digits, not " + std::string(member->kind()));
    return 0;
  }
  const auto number = natural_from(*text);
  if (!number) {
    fail(name, number.error().message);
    return 0;
  }
  return *number;
}

bool Members::boolean_or(std::string_view name, bool fallback) {
  const Json* member = optional(name);
  if (member == nullptr) {
    return fallback;
  }
  if (const bool* value = member->boolean()) {
    return *value;
  }
  fail(name, "must be true or false, not " + std::string(member->kind()));
  return fallback;
}

const Json* Members::object(std::string_view name) {
  const Json* member = take(name);
  if (member != nullptr && member->object() == nullptr) {
    fail(name, "must be an object, not " + std::string(member->kind()));
    return nullptr;
  }
  return member;
}

const Json* Members::array(std::string_view name) {
  const Json* member = take(name);
  if (member != nullptr && member->array() == nullptr) {
    fail(name, "must be an array, not " + std::string(member->kind()));
    return nullptr;
  }
  return member;
}

Result<Done> Members::done() const {
  if (error_) {
    return *error_;
  }
  for (const auto& [name, member] : *value_->object()) {
    if (seen_.find(name) == seen_.end()) {
      return Error{Error::Code::bad_input, place_of(name) + ": is not a known member"};
    }
  }
  return Done{};
}

}  // namespace assay
