// What a claim can mean, for people in 80 columns and for programs.
#pragma once

#include <string>

#include "harness/cli/console.h"
#include "harness/model/claim.h"
#include "reports/json.h"

namespace assay {

/// What was asked.
struct AskedClaim {
  Quantity claim;
  std::string contract;  ///< Its id.
};

/// "reproducible as FP4 sparse only", or why not: one sentence.
[[nodiscard]] std::string verdict_of(const AskedClaim& asked, const ClaimMeanings& meanings);

void print_meanings(const Console& console, const AskedClaim& asked, const ClaimMeanings& meanings);

[[nodiscard]] Json meanings_json(const AskedClaim& asked, const ClaimMeanings& meanings);

}  // namespace assay
