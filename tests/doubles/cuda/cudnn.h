// Stands in for cuDNN on the emulated device.
#pragma once

#include <string_view>

namespace assay::emulated {

/// Its function of this name; null if it has none.
[[nodiscard]] void* cudnn_function(std::string_view name);

}  // namespace assay::emulated
