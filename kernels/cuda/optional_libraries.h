// cuDNN, NCCL and cuFile: which of them is here, by own declarations and found at run time.
// `doctor` says what those who ask them for something would find.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/backend.h"

namespace assay::cuda {

/// A library that says its version itself.
struct OptionalLibrary {
  std::string_view name;  ///< "cuDNN", as its maker writes it.
  std::string_view file;
  /// 10000 x major + 100 x minor + patch, as both count since cuDNN 9 and NCCL 2.9. Older ones
  /// count otherwise, and less.
  std::uint64_t oldest = 0;
};

/// 9.7 is the first that knows Blackwell (10.0 and 12.0).
inline constexpr OptionalLibrary k_cudnn{"cuDNN", "libcudnn.so.9", 90'700};
/// 2.27 is the first in which Blackwell is known and RTX PRO works: 2.26.2 writes to addresses that
/// aren't its own there (NVIDIA/nccl issue 2418).
inline constexpr OptionalLibrary k_nccl{"NCCL", "libnccl.so.2", 22'700};

/// Every release has what is needed of it; 1.14 is the first that shows its parameters.
inline constexpr std::string_view k_cufile_file = "libcufile.so.0";

/// size_t cudnnGetVersion(void)
using CudnnGetVersion = std::size_t();
/// ncclResult_t ncclGetVersion(int* version); 0 is success.
using NcclGetVersion = int(int* version);

[[nodiscard]] VendorLibrary cudnn_here();
/// NCCL alone.
[[nodiscard]] VendorLibrary nccl_here();

/// cuFile alone. "" as version where it is too old to say it.
[[nodiscard]] VendorLibrary cufile_here();

/// Those three and cuBLASLt: each with its version, or in one sentence why it can't be used.
[[nodiscard]] std::vector<VendorLibrary> libraries_here();

}  // namespace assay::cuda
