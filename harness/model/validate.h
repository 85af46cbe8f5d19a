// The parts of validate(), one for each part of a contract.
#pragma once

#include <cstddef>
#include <optional>

#include "harness/model/contract.h"

namespace assay {

/// A quantity of this dimension between two bounds, both included.
struct Bounds {
  Dimension dimension = Dimension::percent;
  std::string_view least, most;  ///< As a contract would write them: "0 %", "2 %".
};

/// "" if `quantity` is within `bounds`, else the sentence that says what it should be.
[[nodiscard]] std::string out_of(const Bounds& bounds, const Quantity& quantity);

[[nodiscard]] std::optional<Error> fault_of_inventory(const Contract& contract);

/// Precondition: the inventory is without fault.
[[nodiscard]] std::optional<Error> fault_of_clause(const Contract& contract, std::size_t index);

/// The rules on a clause's limit, its bounds and its aggregate.
[[nodiscard]] std::optional<Error> fault_of_limit(const Contract& contract, std::size_t index);

}  // namespace assay
