// The lines of a journal that carry attempts, decoded into closed structs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/evidence.h"
#include "harness/model/gpu_facts.h"
#include "harness/model/ordered_gpu.h"
#include "reports/bound_line.h"
#include "reports/digest.h"
#include "reports/json.h"
#include "reports/readings.h"

namespace assay {

/// What `begin` and `end` of one attempt must have in common.
struct AttemptKey {
  std::uint64_t attempt = 0;
  std::string clause, item;
  std::uint32_t round = 0;

  friend bool operator==(const AttemptKey&, const AttemptKey&) = default;
};

struct BeginLine {
  AttemptKey key;
  std::int64_t at_ns = 0;  ///< UTC.
};

/// The blocks of a window as its line states them.
struct BlocksLine {
  std::string sha256;
  std::uint64_t bytes = 0, count = 0;
  std::int64_t gap_ns = 0, shortest_ns = 0;
};

struct EndLine {
  AttemptKey key;
  Ending ending = Ending::no_end;
  std::int64_t at_ns = 0;
  Dimension dimension = Dimension::count;
  Natural work = 0, work_per_step = 0, elapsed_ns = 0, clock_ns = 0;
  std::optional<Natural> timed_ns;  ///< Of the steps alone, where the case times each.
  std::int64_t start_ns = 0;
  OutputDigest outputs{};  ///< k_no_outputs where the line gives none.
  std::uint64_t checked = 0, wrong = 0, matching = 0;
  std::uint64_t tiles = 0, full = 0, share_ppm = 0;
  std::optional<Digest> first_seed;  ///< Of the operands, where verification.first is not null.
  bool says_what_ran = false;        ///< There are `ran` and `telemetry`.
  ShownGpu shown;                    ///< By the window's telemetry.
  Readings telemetry;
  std::optional<BoundLine> bound;     ///< Of a matrix product's window.
  std::optional<BlocksLine> blocks;   ///< Absent where no window was completed.
  std::optional<MachineFacts> found;  ///< Of a finding: what `matching` was worked out from.
  std::string serial, note;
};

/// Both fail with bad_input, naming the member.
[[nodiscard]] Result<BeginLine> read_begin(const Json& line);
[[nodiscard]] Result<EndLine> read_end(const Json& line);

/// Whether the numbers of an `end` line fit each other, whatever the contract says.
[[nodiscard]] Result<Done> check_end(const EndLine& end);
/// Whether the first wrong element is said to come of the operands of its round, whose link is
/// `link`, so that anybody can compute it again.
[[nodiscard]] Result<Done> check_first(const EndLine& end, const Digest& link);
/// Whether each step of a measured window was checked. The work of times is a number of steps.
[[nodiscard]] Result<Done> check_steps(const EndLine& end);

}  // namespace assay
