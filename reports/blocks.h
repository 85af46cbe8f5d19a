// The blocks of a run's window, as a columnar blob named by its digest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/result.h"

namespace assay {

/// Columns of equal length; all values are integers. Times are ns since the start of the window,
/// so start_ns[0] is 0 and, without gaps, start_ns[i+1] == end_ns[i].
struct Blocks {
  std::vector<std::int64_t> start_ns, end_ns;
  std::vector<std::int64_t> steps;      ///< Iterations done.
  std::vector<std::int64_t> tiles;      ///< Slots with a drawn tile compared.
  std::vector<std::int64_t> full;       ///< Slots checked as a whole.
  std::vector<std::int64_t> wrong;      ///< Slots that differed.
  std::vector<std::int64_t> check_ns;   ///< Time the checks took, inside the block.
  std::vector<std::int64_t> clock_khz;  ///< Mean device clock; -1 where the machine hides it.
  std::vector<std::int64_t> power_mw;   ///< -1 where the machine hides it.
  /// The time of the steps alone, without what is between them; empty for cases that don't time
  /// each step (times_each_step() of harness/model/step_size.h).
  std::vector<std::int64_t> timed_ns;

  [[nodiscard]] std::size_t size() const { return start_ns.size(); }
};

/// "assay.blocks/1\n", the number of blocks in decimal, "\n", then the first nine columns in the
/// order above, each value as 8 bytes little-endian two's complement. With timed steps
/// "assay.blocks/2\n" and all ten.
[[nodiscard]] std::string encode(const Blocks& blocks);

/// Strict inverse: exact length, at most 10 million blocks. Fails with bad_input.
[[nodiscard]] Result<Blocks> decode_blocks(std::string_view bytes);

/// More than any device has; a block that shows more hides its clock.
inline constexpr std::int64_t k_most_clock_khz = 100'000'000;

/// The mean of the blocks' clocks by their lengths, rounded down; none where a block hides its own.
[[nodiscard]] std::optional<std::int64_t> mean_clock_khz(const Blocks& blocks);

/// What a journal line states about a window, recomputed from its blocks by `verify --deep`.
struct WindowSums {
  std::int64_t elapsed_ns = 0;  ///< End of the last block less start of the first.
  std::int64_t gap_ns = 0;      ///< Sum of the gaps between blocks.
  std::int64_t steps = 0, tiles = 0, full = 0, wrong = 0, check_ns = 0;
  std::int64_t shortest_ns = 0;          ///< The shortest block but the last.
  std::optional<std::int64_t> timed_ns;  ///< Of all steps, where each is timed.
};
/// Fails with bad_input on overlapping, reversed or empty blocks.
[[nodiscard]] Result<WindowSums> sums_of(const Blocks& blocks);

/// What checks took of the window, in parts per million, rounded down. Precondition: elapsed_ns >
/// 0.
[[nodiscard]] std::int64_t check_share_ppm(const WindowSums& sums);

}  // namespace assay
