// assay plan: what a contract asks for, before anything runs.
#pragma once

#include <iosfwd>
#include <string>

namespace assay {

/// Prints the plan of the contract at `contract_path`, for people or as one JSON object with the
/// digest, the risks and the warnings beside the plan. Returns the exit code: 0, 65 or 74.
int plan_command(const std::string& contract_path, bool json, std::ostream& out, std::ostream& err);

}  // namespace assay
