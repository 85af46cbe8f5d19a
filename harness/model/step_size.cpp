#include "harness/model/step_size.h"

#include <array>
#include <initializer_list>
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

/// first x second x the parameters of these names; none where that is 0 or no Natural.
std::optional<Natural> times(Natural first, std::initializer_list<const char*> names,
                             const Params& params, Natural second = 1) {
  Natural result = 0;
  if (__builtin_mul_overflow(first, second, &result)) {
    return std::nullopt;
  }
  for (const char* name : names) {
    const auto number = number_of(text_of(params, name));
    if (!number || __builtin_mul_overflow(result, *number, &result)) {
      return std::nullopt;
    }
  }
  return result > 0 ? std::optional(result) : std::nullopt;
}

/// Each of the m x n sums takes k products and k additions.
std::optional<Natural> product(const Params& params) {
  return times(2, {"m", "n", "k"}, params);
}

/// STREAM counting: an array read, two for a copy, three for a triad.
std::optional<Natural> pass(const Params& params) {
  const auto mib = number_of(text_of(params, "array_mib", k_by_caches));
  const std::string op = text_of(params, "op");
  const Natural arrays = op == "read" ? 1 : op == "copy" ? 2 : op == "triad" ? 3 : 0;
  return mib && arrays > 0 ? std::optional(arrays * (*mib << k_mib)) : std::nullopt;
}

/// Of an element, in bits.
Natural bits_of_input(const std::string& type) {
  return type == "f32" ? 32 : type == "bf16" ? 16 : 0;
}

/// A prefill: the pairs of query and key that the mask leaves, each 2 head_dim FLOPs for its score
/// and 2 value_dim for the sum; softmax and mask count nothing. A step of decoding: the bytes of
/// all keys and values, each once for all heads that share it.
std::optional<Natural> attention(const Params& params) {
  const auto seq = number_of(text_of(params, "seq"));
  const auto head_dim = number_of(text_of(params, "head_dim"));
  const auto value_dim = number_of(text_of(params, "value_dim"));
  if (!seq || !head_dim || !value_dim) {
    return std::nullopt;
  }
  const std::string pass = text_of(params, "pass");
  if (pass == "decode") {
    return times(*head_dim + *value_dim, {"batch", "kv_heads", "seq"}, params,
                 bits_of_input(text_of(params, "input")) / 8);
  }
  const std::string masking = text_of(params, "masking");
  const Natural pairs = masking == "causal" ? *seq * (*seq + 1) / 2
                        : masking == "full" ? *seq * *seq
                                            : 0;
  return pass == "prefill_forward"
             ? times(2 * (*head_dim + *value_dim), {"batch", "heads"}, params, pairs)
             : std::nullopt;
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
  constexpr std::array<std::pair<std::string_view, Size>, 6> k_sizes{
      {{k_product_case, product},
       {"compute.attention", attention},
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
