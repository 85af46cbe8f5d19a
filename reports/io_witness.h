// Whether the bytes that a run claims to have written and read were moved by what was to be
// measured: counters of the system that know nothing of the run, and no pages in the page cache.
#pragma once

#include <string>
#include <string_view>

#include "harness/model/contract.h"
#include "harness/model/natural.h"
#include "reports/readings.h"

namespace assay {

/// params.witness: whose counters must show the bytes, `process` where nothing is said.
inline constexpr std::string_view k_process_witness = "process",
                                  k_block_device_witness = "block_device",
                                  k_network_witness = "network";

/// Of every case that moves files.
[[nodiscard]] bool needs_io_witness(std::string_view case_id);

/// Why the telemetry of a window doesn't show it, in one sentence without its full stop; "" if it
/// does. `work`: bytes of the window. At least 0.98 of what is claimed in either direction must be
/// counted: by the process and, where it is shown or the clause names it as its witness, by the
/// block device; by the network devices where it names those, and then there may be no block
/// device. At most 1 % of the files may be cached. Of files that go into or out of a GPU's memory
/// the library's compatibility mode must be off, and the driver of the direct way must have counted
/// at least 0.98, too, and no more than 1.02 and a MiB.
[[nodiscard]] std::string io_fault_of(std::string_view case_id, const Params& params,
                                      const Readings& telemetry, Natural work);

}  // namespace assay
