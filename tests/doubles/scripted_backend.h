// A device of known truth: its outputs are a function of seed and tuple, its times and faults are
// written in a script.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/run/case.h"
#include "kernels/backend.h"

namespace assay {

enum class Fault {
  none,
  wrong,
  wrong_crash,  ///< Wrong from there on, and a crash 60 steps later.
  wrong_batch,  ///< Wrong where several steps are run at once, and never alone.
  silent,
  crash,
  exit,
  hang,
  refuse,
  lose,
  slow_start,
  unchecked
};
/// Whether the self-test's product (of order 256) has the fault, too. In scripts, "run_crash" is a
/// crash that only measured runs have, whose product is of order 8.
enum class Reach { all, runs };

struct Script {
  std::int64_t step_ns = 1'000'000;
  std::int64_t check_ns = 0;  ///< Of one slot as a whole.
  std::int64_t tile_ns = 0;
  std::uint64_t tuples = 64;
  std::uint32_t slots = 8;
  Fault fault = Fault::none;
  Reach reach = Reach::all;
  std::int64_t fault_at = 0;  ///< The step that goes wrong, counted from the first of the process.
  std::int64_t work_per_step = 1'000'000;
  /// How time passes; by default the real one is slept.
  std::function<void(std::int64_t ns)> pass;
};

/// "step_us=500 fault=crash fault_at=3": for scripts handed over a command line.
[[nodiscard]] Script script_from(std::string_view text);

[[nodiscard]] std::unique_ptr<Kernel> make_scripted_kernel(const Script& script, const Seed& seed);

/// Named "host", so that campaigns need no other contract. One device.
[[nodiscard]] std::unique_ptr<Backend> make_scripted_backend(const Script& script);

/// One case, "test.device", a rate of bytes, whose parameters have fallbacks. It says what a step
/// is only where `work` does, and has a wrong step done again.
[[nodiscard]] std::vector<Case> scripted_cases();

}  // namespace assay
