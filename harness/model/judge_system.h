// A system's value: one number out of the parts that ran in the same round.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "harness/model/judge_rules.h"

namespace assay {

struct SystemRuns {
  std::vector<Run> runs;  ///< In order of their rounds.
  std::vector<std::uint32_t> excused_rounds;
  std::optional<Finding> finding;  ///< An implausible value, or an aggregate that has no meaning.
};

/// The rounds of a system clause, each aggregated over `parts`. A round with an
/// excused attempt is not counted at all. A part that lacks a value, or that did not share the
/// round's window, contributes zero (for times: no time at all, so that the round misses).
///
///   sum                   of the parts' rates (bytes, watts, counts), each rounded against the
///                         supplier to 1e-9 of a base unit; a sum of times has no meaning
///   slowest_times_count   the smallest value times the number of parts; not for times
///   minimum, none         the worst value: the smallest, for at_most the largest
///   quantile              nearest rank, rounded against the supplier
[[nodiscard]] SystemRuns aggregate(const Setting& setting, std::span<const Screened> parts);

}  // namespace assay
