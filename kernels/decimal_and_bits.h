// A number as a finding names it.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/backend.h"

namespace assay {

/// "0.333333343 (0x3eaaaaab)": the shortest decimal that is this number in f32, and its bits.
[[nodiscard]] std::string decimal_and_bits(NumberType type, std::uint64_t bits);

}  // namespace assay
