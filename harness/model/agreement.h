// Whether all items of a round found the same: their operands are the same, and results are exact.
#pragma once

#include <array>
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

  struct Votes {
    OutputDigest outputs{};    ///< Of more than half; k_no_outputs: of no outputs are so many.
    std::uint64_t agreed = 0;  ///< How many put them out.
    std::uint64_t all = 0;     ///< Voters.
    std::array<std::uint32_t, 2> first_two{};  ///< Their indices into the attempts.
  };
  /// Of the attempt's round. Precondition: differs(attempt).
  [[nodiscard]] const Votes& votes_on(const Attempt& attempt) const;

 private:
  using Problem = std::pair<std::uint32_t, Natural>;  // round, work of a step
  static Problem problem_of(const Attempt& attempt);
  std::map<Problem, Votes> votes_;
};

}  // namespace assay
