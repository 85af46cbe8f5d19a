// Where NVIDIA's libraries are found.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/model/result.h"
#include "kernels/shared_library.h"

namespace assay::cuda {

/// The first of `names`, as the loader finds it or in /usr/local/cuda/lib64; fails as
/// SharedLibrary::open() does.
[[nodiscard]] Result<SharedLibrary> open_library(const std::vector<std::string>& names);

/// 130100 is "13.1.0": as cuBLASLt counts from 12.0 on, cuDNN from 9.0, NCCL from 2.9. Older ones
/// have smaller figures, whatever those mean.
[[nodiscard]] inline std::string version_text(std::uint64_t version) {
  return std::to_string(version / 10'000) + "." + std::to_string(version / 100 % 100) + "." +
         std::to_string(version % 100);
}

/// The driver's management library (NVML) of the machine that this module runs on.
[[nodiscard]] std::string management_library();

}  // namespace assay::cuda
