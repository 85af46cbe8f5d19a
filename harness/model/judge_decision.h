// From verdicts to the one decision, with a named defect for everything that stands against it.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/model/judge.h"

namespace assay {

/// What the decision rests on beside the verdicts.
struct Circumstances {
  std::vector<bool> covered;    ///< Per inventory line: a mandatory clause judges items of it.
  std::uint64_t strays = 0;     ///< Attempts of clauses or items that the contract does not bind.
  std::vector<Defect> defects;  ///< Of the replacements.
};

/// Fills in decision and defects of a judgement whose clauses are judged.
void decide(const Contract& contract, const std::vector<Item>& roster, const Evidence& evidence,
            Circumstances circumstances, Judgement& judgement);

}  // namespace assay
