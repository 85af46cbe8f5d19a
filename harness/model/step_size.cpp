#include "harness/model/step_size.h"

#include <array>
#include <string>
#include <utility>

namespace assay {
namespace {

constexpr Natural k_largest = Natural{1} << 53U;
constexpr unsigned k_mib = 20;

std::string text_of(const Params& params, const char* name, std::string_view fallback = "") {
  const auto found = params.find(name);
  return found == params.end() ? std::string(fallback) : found->second;
}

/// From 1 to 2^53.
std::optional<Natural> number_of(const std::string& text) {
  const auto number = natural_from(text);
  return number && *number > 0 && *number <= k_largest ? std::optional(*number) : std::nullopt;
}

/// Each of the m x n sums takes k products and k additions.
std::optional<Natural> product(const Params& params) {
  Natural operations = 2;
  for (const char* order : {"m", "n", "k"}) {
    const auto number = number_of(text_of(params, order));
    if (!number || __builtin_mul_overflow(operations, *number, &operations)) {
      return std::nullopt;
    }
  }
  return operations;
}

/// STREAM counting: an array read, two for a copy, three for a triad.
std::optional<Natural> pass(const Params& params) {
  const auto mib = number_of(text_of(params, "array_mib", k_by_caches));
  const std::string op = text_of(params, "op");
  const Natural arrays = op == "read" ? 1 : op == "copy" ? 2 : op == "triad" ? 3 : 0;
  return mib && arrays > 0 ? std::optional(arrays * (*mib << k_mib)) : std::nullopt;
}

std::optional<Natural> copy(const Params& params) {
  const auto mib = number_of(text_of(params, "copy_mib", k_usual_copy_mib));
  const Natural directions = text_of(params, "direction") == "both" ? 2 : 1;
  return mib ? std::optional(directions * (*mib << k_mib)) : std::nullopt;
}

std::optional<Natural> chain(const Params& params) {
  return number_of(text_of(params, "loads", k_usual_loads));
}

using Size = std::optional<Natural> (*)(const Params&);

Size size_of(std::string_view case_id) {
  constexpr std::array<std::pair<std::string_view, Size>, 5> k_sizes{{{k_product_case, product},
                                                                      {k_memory_case, pass},
                                                                      {"compute.latency", chain},
                                                                      {"network.host_copy", copy},
                                                                      {"network.peer_copy", copy}}};
  for (const auto& [known, size] : k_sizes) {
    if (known == case_id) {
      return size;
    }
  }
  return nullptr;
}

}  // namespace

std::optional<Natural> step_size(std::string_view case_id, const Params& params) {
  const Size size = size_of(case_id);
  return size == nullptr ? std::nullopt : size(params);
}

bool has_step_size(std::string_view case_id) {
  return size_of(case_id) != nullptr;
}

}  // namespace assay
