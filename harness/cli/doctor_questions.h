// What `assay doctor` asks a backend: one problem of each kind that the shipped cases make.
#pragma once

#include <string>
#include <vector>

#include "kernels/backend.h"

namespace assay {

struct Ability {
  std::string device;   ///< Its id.
  std::string what;     ///< "compute.gemm bf16, f32 sums, bf16 output"
  std::string why_not;  ///< "" if it can.
};

/// Asks only, and prepares nothing. `device` is the host itself, or one GPU of a node.
[[nodiscard]] std::vector<Ability> abilities_of(Backend& backend, const Device& device);

}  // namespace assay
