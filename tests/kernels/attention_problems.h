// The attention that every backend must do, or refuse by name.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/backend.h"

namespace assay {

struct NamedProblem {
  std::string name;
  Problem problem;
  friend std::ostream& operator<<(std::ostream& out, const NamedProblem& named) {
    return out << named.name;
  }
};

/// Of one key and of several blocks of keys, broken ones too, up to `longest`; heads of their own
/// and shared ones. `shared`: the keys of two heads with 128 columns in a backward pass, which has
/// several times the products.
inline std::vector<NamedProblem> attentions(std::uint64_t longest = 273,
                                            std::uint64_t shared = 130) {
  struct Sizes {
    std::uint64_t batch, heads, kv_heads, seq, head_dim, value_dim;
  };
  std::vector<NamedProblem> all;
  for (const NumberType type : {NumberType::f32, NumberType::bf16}) {
    for (const auto& [batch, heads, kv_heads, seq, head_dim, value_dim] :
         {Sizes{1, 1, 1, 1, 64, 64}, Sizes{2, 4, 2, 37, 64, 64}, Sizes{1, 2, 1, 130, 128, 128},
          Sizes{1, 1, 1, longest, 192, 128}}) {
      for (const char* const kind : {"full", "causal", "decode", "backward", "causal_backward"}) {
        using Pass = AttentionProblem::Pass;
        const std::string_view named(kind);
        const std::uint64_t keys = named.ends_with("backward") && seq == 130 ? shared : seq;
        all.push_back({.name = "attention_" + std::string(name_of(type)) + "_" + kind + "_" +
                               std::to_string(keys),
                       .problem = AttentionProblem{.pass = named == "decode" ? Pass::decode
                                                           : named.ends_with("backward")
                                                               ? Pass::prefill_backward
                                                               : Pass::prefill_forward,
                                                   .causal = named.starts_with("causal"),
                                                   .input = type,
                                                   .output = type,
                                                   .batch = batch,
                                                   .heads = heads,
                                                   .kv_heads = kv_heads,
                                                   .seq = keys,
                                                   .head_dim = head_dim,
                                                   .value_dim = value_dim}});
      }
    }
  }
  return all;
}

}  // namespace assay
