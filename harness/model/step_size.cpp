#include "harness/model/step_size.h"

#include <array>
#include <initializer_list>
#include <string>

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
/// and 2 value_dim for the sum; softmax and mask count nothing. Its backward pass: five products,
/// of scores, dQ and dK over head_dim, of dP and dV over value_dim. A step of decoding: the bytes
/// of all keys and values, each once for all heads that share it.
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
  const Natural columns = pass == "prefill_forward"    ? *head_dim + *value_dim
                          : pass == "prefill_backward" ? 3 * *head_dim + 2 * *value_dim
                                                       : 0;
  return columns > 0 ? times(2 * columns, {"batch", "heads"}, params, pairs) : std::nullopt;
}

std::optional<Natural> copy(const Params& params) {
  const auto mib = number_of(text_of(params, "copy_mib", k_usual_copy_mib));
  const Natural directions = text_of(params, "direction") == "both" ? 2 : 1;
  return mib ? std::optional(directions * (*mib << k_mib)) : std::nullopt;
}

/// One of every client.
std::optional<Natural> extent(const Params& params) {
  const auto clients = number_of(text_of(params, "clients", "1"));
  const auto mib = number_of(text_of(params, "extent_mib", k_usual_extent_mib));
  return clients && mib ? std::optional(*clients * (*mib << k_mib)) : std::nullopt;
}

Natural clients(const Params& params) {
  return number_of(text_of(params, "clients", "1")).value_or(0);
}

/// A batch of every client.
std::optional<Natural> batch(const Params& params) {
  return times(1024, {"batch", "sample_kib"}, params, clients(params));
}

/// A shard of every client.
std::optional<Natural> checkpoint(const Params& params) {
  return times(Natural{1} << k_mib, {"shard_mib"}, params, clients(params));
}

/// Operations: each client's files, of which a list of a directory that all share has all.
std::optional<Natural> metadata(const Params& params) {
  const bool lists_all =
      text_of(params, "op") == "list" && text_of(params, "directory") == "shared";
  return times(clients(params), {"files"}, params, lists_all ? clients(params) : 1);
}

std::optional<Natural> chain(const Params& params) {
  return number_of(text_of(params, "loads", k_usual_loads));
}

/// Bytes of one call, as its algorithm or its busiest link counts them; of n ranks the latter
/// carries `Times` (n - 1) / n of what the call is about, or for 0 all of it (PERFORMANCE.md of
/// nccl-tests).
template <Natural Times>
std::optional<Natural> collective(const Params& params) {
  const auto bytes = number_of(text_of(params, "bytes"));
  const auto ranks = number_of(text_of(params, "ranks"));
  if (!bytes || !ranks || Times == 0 || text_of(params, "value") != "busbw") {
    return bytes;
  }
  const Natural carried = Times * (*ranks - 1) * *bytes;  // below 2^108
  return carried % *ranks == 0 ? std::optional(carried / *ranks) : std::nullopt;
}

/// A message, or what one rank gets from all others at once.
std::optional<Natural> message(const Params& params) {
  const auto bytes = number_of(text_of(params, "bytes"));
  const auto ranks = number_of(text_of(params, "ranks"));
  if (!bytes || !ranks || text_of(params, "pattern") != "incast") {
    return bytes;
  }
  return *ranks > 1 ? std::optional((*ranks - 1) * *bytes) : std::nullopt;
}

/// A product, a triad and a copy, each an operation that is verified by itself.
std::optional<Natural> operations(const Params& /*params*/) {
  return 3;
}

/// Of a decoder layer's training step on all ranks: 6 for each weight and token, and 14 for each
/// pair of query and key that the causal mask leaves, head and column (4 forward, 10 backward).
/// Weights: hidden x (heads + 2 kv_heads) head_dim, heads head_dim x hidden, and two of hidden x
/// ffn.
std::optional<Natural> training_step(const Params& params) {
  constexpr Natural k_most = Natural{1} << 20U;  // So that no sum below overflows.
  Natural weights = 0;
  for (const char* const columns : {"heads", "heads", "kv_heads", "kv_heads"}) {
    const auto product = times(1, {columns, "head_dim", "hidden"}, params);
    if (!product || *product > k_most * k_most * k_most) {
      return std::nullopt;
    }
    weights += *product;
  }
  const auto mlp = times(2, {"hidden", "ffn"}, params);
  const auto seq = number_of(text_of(params, "seq"));
  if (!mlp || *mlp > 2 * k_most * k_most || !seq || *seq > k_most) {
    return std::nullopt;
  }
  const auto linear = times(6, {"batch", "seq", "ranks"}, params, weights + *mlp);
  const auto attention =
      times(14, {"batch", "heads", "head_dim", "ranks"}, params, *seq * (*seq + 1) / 2);
  Natural sum = 0;
  if (!linear || !attention || __builtin_add_overflow(*linear, *attention, &sum)) {
    return std::nullopt;
  }
  return sum;
}

struct KnownCase {
  std::string_view id;
  std::optional<Natural> (*size)(const Params&) = nullptr;
  bool times_each_step = false;
  bool rounds = false;
};

const KnownCase* known_case(std::string_view case_id) {
  static constexpr std::array<KnownCase, 25> k_cases{
      {{k_product_case, product},
       {"compute.attention", attention},
       {k_memory_case, pass},
       {"compute.latency", chain},
       {"network.all_gather", collective<1>, true},
       {"network.all_reduce", collective<2>, true},
       {"network.all_to_all", collective<1>, true},
       {"network.broadcast", collective<0>, true},
       {"network.host_copy", copy},
       {k_links_case, message, true},
       {"network.peer_copy", copy},
       {"network.reduce_scatter", collective<1>, true},
       {"network.send_recv", collective<0>, true},
       {"network.transport", message, true},
       {"storage.checkpoint", checkpoint, true},
       {"storage.dataset", batch},
       {k_gpu_read_case, extent, true},
       {k_gpu_write_case, extent, true},
       {k_metadata_case, metadata, true},
       {"storage.write", extent},
       {"storage.read", extent},
       {"storage.random_read", extent},
       {"storage.mixed", extent},
       {"compute.soak", operations},
       {k_layer_case, training_step, true, true}}};
  for (const KnownCase& known : k_cases) {
    if (known.id == case_id) {
      return &known;
    }
  }
  return nullptr;
}

}  // namespace

std::optional<Natural> step_size(std::string_view case_id, const Params& params) {
  const KnownCase* known = known_case(case_id);
  return known == nullptr ? std::nullopt : known->size(params);
}

bool times_each_step(std::string_view case_id, const Params& params) {
  const KnownCase* known = known_case(case_id);
  return known != nullptr && (known->times_each_step ||
                              (known->size == extent && text_of(params, "engine") == k_fio_engine));
}

bool agrees_to_the_bit(std::string_view case_id) {
  const KnownCase* known = known_case(case_id);
  return known == nullptr || !known->rounds;
}

bool has_step_size(std::string_view case_id) {
  return known_case(case_id) != nullptr;
}

}  // namespace assay
