// The power limit that a contract states for its GPUs, and the one that a GPU holds to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/model/contract.h"
#include "harness/model/roster.h"

namespace assay {

/// That of the inventory line of `item`; none where it states none, and for the system as a whole.
[[nodiscard]] std::optional<Quantity> power_limit_of(const Contract& contract, const Item& item);

/// Whether a limit that the GPU shows is exactly the stated one.
[[nodiscard]] bool is_stated(std::int64_t milliwatts, const Quantity& limit);

/// "700.0 W", for people.
[[nodiscard]] std::string watts(std::int64_t milliwatts);

}  // namespace assay
