#include "harness/model/contract.h"

#include <algorithm>

namespace assay {

bool is_identifier(std::string_view text) {
  const auto is_letter_or_digit = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  };
  const auto is_allowed = [&](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= 64 && is_letter_or_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), is_allowed);
}

std::string_view name_of(Purpose purpose) {
  switch (purpose) {
    case Purpose::acceptance: return "acceptance";
    case Purpose::prevalidation: return "prevalidation";
    case Purpose::regression: return "regression";
    case Purpose::demonstration: return "demonstration";
  }
  return "";
}

std::string_view name_of(Scope scope) {
  switch (scope) {
    case Scope::each_gpu: return "each_gpu";
    case Scope::each_node: return "each_node";
    case Scope::each_link: return "each_link";
    case Scope::system: return "system";
  }
  return "";
}

std::string_view name_of(Comparator comparator) {
  switch (comparator) {
    case Comparator::at_least: return "at_least";
    case Comparator::at_most: return "at_most";
  }
  return "";
}

std::string_view name_of(Rule rule) {
  switch (rule) {
    case Rule::sign_1_5_9: return "1-5-9";
    case Rule::sign_1_4_8: return "1-4-8";
    case Rule::once: return "once";
    case Rule::zero_wrong: return "zero_wrong";
    case Rule::poisson: return "poisson";
  }
  return "";
}

std::string_view name_of(Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::none: return "none";
    case Aggregate::sum: return "sum";
    case Aggregate::slowest_times_count: return "slowest_times_count";
    case Aggregate::minimum: return "minimum";
    case Aggregate::quantile: return "quantile";
  }
  return "";
}

std::string_view name_of(Concurrency concurrency) {
  switch (concurrency) {
    case Concurrency::unstated: return "unstated";
    case Concurrency::all_items: return "all_items";
    case Concurrency::one_at_a_time: return "one_at_a_time";
  }
  return "";
}

std::string_view name_of(Weight weight) {
  switch (weight) {
    case Weight::mandatory: return "mandatory";
    case Weight::advisory: return "advisory";
  }
  return "";
}

}  // namespace assay
