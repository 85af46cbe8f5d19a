// How far the clocks of ranks are apart.
#pragma once

#include <cstdint>

#include "harness/model/result.h"
#include "kernels/mpi/mpi_interface.h"

namespace assay {

struct ClockOffset {
  std::int64_t offset_ns = 0;      ///< What the first rank's clock shows more than this one.
  std::int64_t round_trip_ns = 0;  ///< The smallest seen; the offset is known to half of it.
};

/// The first rank is asked for its time by each other one, many times in 10 ms; the answer that
/// came fastest counts, taken for the middle between question and answer (Cristian, 1989). All
/// ranks must call it. Fails with io.
[[nodiscard]] Result<ClockOffset> clock_offset(const AssayMpi& mpi, int rank, int ranks);

/// The offset where the round trip doesn't explain it, as between hosts; else 0: one clock.
[[nodiscard]] std::int64_t correction_of(const ClockOffset& offset);

}  // namespace assay
