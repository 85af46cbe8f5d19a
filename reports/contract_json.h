// A contract as its JSON file states it (schemas/contract-1.schema.json).
#pragma once

#include <string_view>

#include "harness/model/contract.h"
#include "harness/model/result.h"

namespace assay {

/// Reads and validates a contract. Unknown members, duplicate names, bare numbers and every breach
/// of validate() are refused with their place ("clauses[3].at_least: ..."). Fails with bad_input.
[[nodiscard]] Result<Contract> read_contract(std::string_view text);

}  // namespace assay
