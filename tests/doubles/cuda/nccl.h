// NCCL of the emulated machine: ranks are processes of one host, and meet in files.
#pragma once

#include <cstdint>
#include <string_view>

namespace assay::emulated {

/// The function of this name, with NCCL's own signature; null if there is none.
[[nodiscard]] void* nccl_function(std::string_view name);

/// Bytes that this process's rank has sent to others over its GPU's NVLinks.
[[nodiscard]] std::uint64_t sent_over_nvlinks();

}  // namespace assay::emulated
