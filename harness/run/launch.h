// Starts worker processes, watches them, and says what became of each.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/run/clock.h"
#include "harness/run/environment.h"
#include "harness/run/messages.h"
#include "harness/run/objects.h"

namespace assay {

struct LaunchPlan {
  std::vector<std::string> command{"/proc/self/exe", "worker"};
  Environment environment;                    ///< All of it: nothing is inherited.
  std::int64_t prepare_ns = 600'000'000'000;  ///< To become ready; and for all of a self-test.
  std::int64_t grace_ns = 30'000'000'000;     ///< Beyond soak and window.
  int interrupt_fd = -1;                      ///< Readable: end all workers. -1: never.
};

/// What one worker came to: exactly one of measured, found, selftest, repeated
/// and failed.
struct Launched {
  std::optional<Ready> ready;
  std::vector<ObjectDigest> objects;  ///< Of the ready worker.
  std::int64_t start_utc_ns = 0;      ///< Common start it was given; 0: none.
  std::optional<Measured> measured;
  std::optional<MachineFacts> found;
  std::optional<SelftestResult> selftest;
  std::optional<Repeated> repeated;
  std::optional<Failed> failed;
};

struct LaunchWatch {
  /// Called for each job the moment its answer is there, before its process has ended.
  std::function<void(std::size_t job, Launched launched)> done;
  /// Called about five times a second.
  std::function<void()> tick;
};

/// Runs one worker for each job, all at the same time and, if there are several, with one common
/// start. Returns false if it was interrupted: jobs that had no answer then get none.
[[nodiscard]] bool launch(const LaunchPlan& plan, const std::vector<Job>& jobs,
                          ObjectDigests& digests, const LaunchWatch& watch);

}  // namespace assay
