// Whether all items of a round found the same: their operands are the same, and results are exact.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "harness/model/evidence.h"

namespace assay {

/// The outputs of one clause. Only measured attempts are compared: the others say themselves that
/// something was wrong. A step of another size is another problem.
class Agreement {
 public:
  /// `voters`: indices into `attempts`, of those of the clause that count. What a replaced device
  /// or an excused attempt put out says nothing about the others.
  Agreement(const std::vector<Attempt>& attempts, std::span<const std::uint32_t> voters);

  /// True for an attempt whose outputs are not those of more than half of its round's voters.
  [[nodiscard]] bool differs(const Attempt& attempt) const;

 private:
  using Problem = std::pair<std::uint32_t, Natural>;  // round, work of a step
  std::map<Problem, OutputDigest> agreed_;            // k_no_outputs where there is no majority
};

}  // namespace assay
