// One window of one kernel: soak, then contiguous blocks of verified steps. The one stopwatch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/run/clock.h"
#include "harness/run/probe.h"
#include "kernels/backend.h"
#include "reports/blocks.h"
#include "reports/digest.h"

namespace assay {

struct WindowPlan {
  std::int64_t soak_ns = 0;
  std::int64_t window_ns = 0;
  std::int64_t start_utc_ns = 0;  ///< Common start of the window; 0: at once after the soak.
  std::int64_t shortest_block_ns = 100'000'000;
  std::int64_t check_share_ppm = 10'000;  ///< Time for full checks, of the window so far.
  Digest link{};                          ///< This round's nonce link.
  std::string clause, item;
  std::uint64_t attempt = 0;
};

struct BlockMismatch {
  std::uint32_t block = 0;
  Step step;  ///< What was to be computed, and where.
  Mismatch mismatch;
};

struct WindowResult {
  Blocks blocks;
  std::int64_t start_utc_ns = 0;
  std::int64_t clock_ns = 0;  ///< The window's length by the second clock.
  bool late = false;          ///< The soak had not ended at start_utc_ns.
  double log2_miss = 0.0;     ///< Of the weakest full check.
  std::optional<BlockMismatch> first;
  std::string output_digest;  ///< Hex, of link, clause and the witness of the first step.
};

/// Soaks, then runs a window. Fails as the kernel fails, and with io if it checks less than it was
/// asked to. A late window is returned without blocks.
[[nodiscard]] Result<WindowResult> run_window(Kernel& kernel, Clock& clock, Probe& probe,
                                              const WindowPlan& plan);

}  // namespace assay
