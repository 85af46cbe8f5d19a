// The own kernels of attention beside the library's, for the telemetry.
#pragma once

#include <vector>

#include "kernels/backend.h"
#include "kernels/cuda/attention_check.h"
#include "kernels/cuda/attention_passes.h"
#include "kernels/cuda/outputs.h"

namespace assay::cuda {

/// One step of the own kernels, and what is known of its output.
struct ComparedStep {
  AttentionPass own;
  OutputShape output;
  AttentionCheck check;
  AttentionClaim claim;
};

/// Computes the step by cuDNN and by the own kernels, several times each into memory of its own,
/// and says:
///
///     attention_own_of_library_ppm  the rate of the own kernels, in millionths of the library's
///     attention_own_ns, attention_library_ns  the least time of a step, by the host's clock
///     attention_library_version, attention_library_engine  by what: 91900 is 9.19.0
///     attention_library_exact  1 where the library's output is right to the bit
///
/// The first alone, with the reason, where there is no library, it doesn't have this or fails, or
/// its output is another one (at a sample, beyond what bf16 may round). Nothing fails by it: it is
/// no part of what was measured. Loads the library, so call it when nothing more is timed.
[[nodiscard]] std::vector<Noted> compare_with_library(const ComparedStep& step,
                                                      cudaStream_t stream);

}  // namespace assay::cuda
