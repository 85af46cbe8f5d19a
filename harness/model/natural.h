// Whole numbers large enough for the work of a whole machine over a whole campaign.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/model/result.h"

namespace assay {

/// A count below 2^128. Ten thousand GPUs at 2e15 FLOP/s for a year are 2^109.
__extension__ using Natural = unsigned __int128;

/// Decimal digits, no separators: the only form in which a Natural stands in a file.
[[nodiscard]] std::string to_decimal(Natural value);

/// The inverse. Fails with bad_input on anything but digits, on a leading zero, and from 2^128 on.
[[nodiscard]] Result<Natural> natural_from(std::string_view decimal);

}  // namespace assay
