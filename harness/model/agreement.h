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
  /// `of_clause`: indices into `attempts`.
  Agreement(const std::vector<Attempt>& attempts, std::span<const std::uint32_t> of_clause);

  /// True for an attempt whose outputs are not those of more than half of its round.
  [[nodiscard]] bool differs(const Attempt& attempt) const;

 private:
  using Problem = std::pair<std::uint32_t, Natural>;  // round, work of a step
  std::map<Problem, OutputDigest> agreed_;            // k_no_outputs where there is no majority
};

}  // namespace assay
