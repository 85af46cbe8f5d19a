#include "reports/machine_identity.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include "reports/shown.h"

namespace assay {
namespace {

constexpr std::string_view k_memory = "memory_total";
constexpr std::array<std::string_view, 5> k_members = {"cpu_model", "cpus_online", "numa_nodes",
                                                       "virtual_machine", k_memory};
constexpr std::uint64_t k_memory_parts = 32;

std::string text_of(const Json* member) {
  return member == nullptr ? "null" : canonical_json(*member);
}

/// "131072 kB" is 131072: both lines come from the same kernel interface.
std::optional<std::uint64_t> kilobytes(const Json* member) {
  if (member == nullptr || member->text() == nullptr) {
    return std::nullopt;
  }
  const std::string& text = *member->text();
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && std::string_view(end) == " kB";
  return whole ? std::optional(value) : std::nullopt;
}

bool is_same(std::string_view name, const Json* earlier, const Json* later) {
  if (text_of(earlier) == text_of(later)) {
    return true;
  }
  const auto was = kilobytes(earlier);
  const auto is = kilobytes(later);
  if (name != k_memory || !was || !is) {
    return false;
  }
  const std::uint64_t apart = *was > *is ? *was - *is : *is - *was;
  return apart * k_memory_parts <= *was;
}

}  // namespace

std::string machine_difference(const Json& earlier, const Json& later) {
  for (const std::string_view name : k_members) {
    const Json* was = earlier.find(name);
    const Json* is = later.find(name);
    if (!is_same(name, was, is)) {
      return std::string(name) + " is " + shown(text_of(is)) + ", but was " + shown(text_of(was));
    }
  }
  return "";
}

}  // namespace assay
