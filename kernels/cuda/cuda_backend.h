// Backend "cuda": the NVIDIA GPUs of this machine.
#pragma once

#include <memory>

#include "kernels/backend.h"

namespace assay::cuda {

/// Touches no device: what is missing says so when it is asked for.
[[nodiscard]] std::unique_ptr<Backend> make_cuda_backend();

}  // namespace assay::cuda
