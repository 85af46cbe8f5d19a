// What a matmul of cuBLASLt is asked for: held by descriptors of the stand-in's own, or, with the
// setting "descriptors=real", by those of the real library, which need no GPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "harness/model/result.h"
#include "kernels/cuda/cublaslt.h"

namespace assay::emulated {

struct AskedProduct {
  int compute = 0, scale = 0;
  std::int32_t trans_a = cuda::lt::op_n, trans_b = cuda::lt::op_n;
  std::int32_t mode_a = 0, mode_b = 0;
  const std::byte* scales_a = nullptr;
  const std::byte* scales_b = nullptr;
};

struct AskedMatrix {
  int type = 0;
  std::uint64_t rows = 0, columns = 0;
  std::int64_t leading = 0;
};

[[nodiscard]] AskedProduct asked_of(cuda::lt::Desc desc);
[[nodiscard]] AskedMatrix asked_of(cuda::lt::Layout layout);

/// The function of that name that makes, sets or ends a descriptor, layout or preference; null if
/// it is none of these.
[[nodiscard]] void* descriptor_function(std::string_view name);

/// Loads the real library where the machine is set so. Fails with unsupported if it isn't there.
[[nodiscard]] Result<Done> open_descriptors(const std::string& library);

}  // namespace assay::emulated
