// The GPU that a kernel is prepared for.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/exactness.h"

namespace assay::cuda {

/// Facts of the device that a kernel runs on.
struct GpuTarget {
  int ordinal = 0;
  std::string isa;  ///< "sm_100"
  std::uint32_t multiprocessors = 0;
  Accumulators accumulators;  ///< What is known of its architecture.
  /// Hopper, whose fp8 sums are no f32: where a probe finds less than is known, that is relied on.
  /// On others, what keeps less than it should is found wrong by the checks.
  bool fp8_is_measured = false;
  bool has_block_scales = false;  ///< Tensor cores that take them: from Blackwell on.
};

}  // namespace assay::cuda
