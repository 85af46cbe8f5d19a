// Whether what an `end` line says fits the contract's conditions.
#pragma once

#include <string>

#include "reports/campaign_frame.h"
#include "reports/run_lines.h"

namespace assay {

/// Length of the window and the gaps in it, as the line states them or as its blocks show them.
struct WindowLength {
  Natural elapsed_ns = 0, gap_ns = 0;
};

/// Checks the window's length against the clause's, and the ending against the contract's
/// conditions on gaps and clocks. Fails with bad_input, naming the member.
[[nodiscard]] Result<Done> check_conditions(const EndLine& end, const WindowLength& window,
                                            const Clause& clause, const Conditions& conditions);

/// Whether `elapsed_ns` of this line is the window's length: it is the value itself for times.
[[nodiscard]] inline bool states_window(const EndLine& end) {
  return end.blocks && end.dimension != Dimension::time;
}

}  // namespace assay
