// What fio says that it has done: its JSON+.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "harness/model/result.h"

namespace assay {

/// Requests by their latency in ns, in bins of at most 1.6 % (fio's own: 64 to an octave).
using FioBins = std::map<std::int64_t, std::int64_t>;

/// One direction of one job.
struct FioTransfer {
  std::uint64_t bytes = 0, requests = 0;
  std::int64_t runtime_ns = 0;  ///< To its fsync; fio rounds up to whole ms.
  FioBins latencies;            ///< From submission to completion.
};

struct FioSaid {
  std::string version;  ///< "fio-3.33"
  FioTransfer read, written;
};

/// `text`: all that fio printed; what it warns of stands before the JSON. Fails with not_witnessed,
/// naming the place, where it is no result of one job, the job failed, or its numbers contradict
/// each other: bytes, time and rate, or requests and bins.
[[nodiscard]] Result<FioSaid> read_fio(std::string_view text);

/// The smallest bin that `per_mille` of the requests don't exceed; none where there are none.
[[nodiscard]] std::optional<std::int64_t> quantile_of(const FioBins& bins, std::int64_t per_mille);

}  // namespace assay
