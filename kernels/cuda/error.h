// What the CUDA runtime says, as a Result.
#pragma once

#include <string>

#include "harness/model/result.h"
#include "kernels/cuda/runtime.h"

namespace assay::cuda {

/// Fails with device where the device or its driver broke at work; with unsupported where there is
/// no driver or device, none that fits, or no code for it; with io else, as where memory is short.
/// `call` is what was tried.
[[nodiscard]] Result<Done> check(cudaError_t status, const std::string& call);

/// The status of the launches so far, of which none says it itself.
[[nodiscard]] Result<Done> check_launch(const std::string& kernel);

}  // namespace assay::cuda
