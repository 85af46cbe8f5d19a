// The layers that every backend must train, or refuse by name.
#pragma once

#include <string>
#include <vector>

#include "tests/kernels/attention_problems.h"

namespace assay {

/// Of one token, and of several sequences whose heads share keys.
inline std::vector<NamedProblem> layers() {
  std::vector<NamedProblem> all;
  for (const NumberType type : {NumberType::f32, NumberType::bf16}) {
    TransformerProblem layer{
        .input = type, .seq = 1, .hidden = 5, .ffn = 3, .heads = 1, .kv_heads = 1, .head_dim = 128};
    all.push_back({"layer_" + std::string(name_of(type)) + "_1", layer});
    layer = {.input = type,
             .batch = 2,
             .seq = 70,
             .hidden = 24,
             .ffn = 40,
             .heads = 2,
             .kv_heads = 1,
             .head_dim = 64};
    all.push_back({"layer_" + std::string(name_of(type)) + "_70", layer});
  }
  return all;
}

inline std::vector<NamedProblem> attentions_and_layers(std::uint64_t longest = 273,
                                                       std::uint64_t shared = 130) {
  std::vector<NamedProblem> all = attentions(longest, shared);
  for (const NamedProblem& layer : layers()) {
    all.push_back(layer);
  }
  return all;
}

}  // namespace assay
