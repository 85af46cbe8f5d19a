// Whether the ending that an `end` line states is the one that the contract's conditions make it.
#pragma once

#include "harness/model/contract.h"
#include "reports/run_lines.h"

namespace assay {

/// Length of the window and the gaps in it, as the line states them or as its blocks show them.
struct WindowLength {
  Natural elapsed_ns = 0, gap_ns = 0;
};

/// Holds `measured`, `gap` and `clock` against the gaps and clocks of the window, both ways.
/// Whether a window is long enough is the judge's business. Fails with bad_input, naming the
/// member.
[[nodiscard]] Result<Done> check_conditions(const EndLine& end, const WindowLength& window,
                                            const Clause& clause, const Conditions& conditions);

/// Whether `elapsed_ns` of this line is the window's length: it is the value itself for times.
[[nodiscard]] inline bool states_window(const EndLine& end) {
  return end.blocks && end.dimension != Dimension::time;
}

/// A finding needs no window, and only a finding: all else is measured in blocks that can be
/// recomputed. Fails with bad_input, naming the member.
[[nodiscard]] Result<Done> check_rule(const EndLine& end, const Clause& clause);

}  // namespace assay
