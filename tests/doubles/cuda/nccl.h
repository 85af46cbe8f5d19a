// NCCL of the emulated machine: ranks are processes of one host, and meet in files.
#pragma once

#include <string_view>

namespace assay::emulated {

/// The function of this name, with NCCL's own signature; null if there is none.
[[nodiscard]] void* nccl_function(std::string_view name);

}  // namespace assay::emulated
