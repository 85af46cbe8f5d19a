// Stands in for cuFile on the emulated device: bytes really move between files and its memory.
#pragma once

#include <string>
#include <string_view>

namespace assay::emulated {

/// The function of this name, with cuFile's own signature; null if there is none.
[[nodiscard]] void* cufile_function(std::string_view name);

}  // namespace assay::emulated
