// What all ranks of a collective saw before and after a window: clocks, and what counted messages.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/run/rank_messages.h"

namespace assay {

/// At one moment; of all ranks.
struct RanksSeen {
  std::int64_t at_ns = 0;
  std::vector<ClockOffset> clocks;  ///< By rank; none where all ranks read one by their start.
  /// Sums of ranks and their GPUs; verbs devices are the host's and count once.
  TransportCounters transport;

  /// Of their answers to `look`.
  [[nodiscard]] static RanksSeen of(const std::vector<RankRecord>& records, std::int64_t at_ns);
};

/// Offsets and drift of the clocks, and bytes between the two moments, as report_format.md says.
[[nodiscard]] std::vector<Noted> seen_between(const RanksSeen& before, const RanksSeen& after);

}  // namespace assay
