// Whether the ending that an `end` line states is the one that the contract's conditions make it.
#pragma once

#include "harness/model/as_ordered.h"
#include "harness/model/contract.h"
#include "harness/model/ordered_gpu.h"
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

/// A window lies between the two lines of its attempt, that of a measured one after the clause's
/// soak. A case that times each step states their time, and no other does. `begun_at_ns`: UTC, of
/// the `begin` line. Fails with bad_input, naming the member.
[[nodiscard]] Result<Done> check_window_times(const EndLine& end, const Clause& clause,
                                              std::int64_t begun_at_ns);

/// A finding has no window, and only a finding: all else is measured in blocks that can be
/// recomputed. Fails with bad_input, naming the member.
[[nodiscard]] Result<Done> check_rule(const EndLine& end, const Clause& clause);

/// Matrix products state what bounds their windows, and nothing else does. A window that shows its
/// GPU in another state than the ordered one, or hides it, ends so if nothing worse ended it, and
/// no other does. Fails with bad_input, naming the member.
[[nodiscard]] Result<Done> check_device(const EndLine& end, const Clause& clause,
                                        const OrderedGpu& ordered);

/// A window of files is measured only if its telemetry shows that a device moved the bytes. Fails
/// with bad_input, naming the member.
[[nodiscard]] Result<Done> check_io_witness(const EndLine& end, const Clause& clause);

/// A window of messages is measured only if its telemetry shows that they went the way that the
/// clause states; the note of one of links names the slowest. Fails with bad_input, naming the
/// member.
[[nodiscard]] Result<Done> check_messages(const EndLine& end, const Clause& clause);

/// Whether `matching`, ending, note and serial number of a finding are those that its facts make of
/// them. `before` is the item's first look under this clause; nullptr for the first look itself.
/// `marked_replayed`: whether the evidence says that machines in it are recordings. Fails with
/// bad_input, naming the member.
[[nodiscard]] Result<Done> check_found(const EndLine& end, const Order& order,
                                       const MachineFacts* before, bool marked_replayed);

}  // namespace assay
