// Power limits as contracts state them, in W, and as GPUs show them, in mW.
#pragma once

#include <cstdint>
#include <string>

#include "harness/model/quantity.h"

namespace assay {

/// Whether a limit that the GPU shows is exactly the stated one.
[[nodiscard]] bool is_stated(std::int64_t milliwatts, const Quantity& limit);

/// "700.0 W", for people.
[[nodiscard]] std::string watts(std::int64_t milliwatts);

}  // namespace assay
