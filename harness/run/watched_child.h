// A program that moves bytes of files, run to its end and watched from outside: what its own
// counters of the system say, and when.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/model/result.h"
#include "harness/run/environment.h"

namespace assay {

/// CLOCK_MONOTONIC.
[[nodiscard]] std::int64_t monotonic_ns();

/// Of a process, as /proc/PID/io has them; those of its children join when they have ended.
struct ChildBytes {
  std::uint64_t read = 0, written = 0;
};

/// When the sum of a process's counters grew, by our clock (CLOCK_MONOTONIC).
class ByteTimes {
 public:
  /// Samples of less progress than `grain` bytes are one.
  explicit ByteTimes(std::uint64_t grain) : grain_(grain) {}

  void add(std::int64_t now_ns, const ChildBytes& bytes);

  [[nodiscard]] const ChildBytes& last() const { return last_; }
  [[nodiscard]] std::int64_t moved_ns() const { return moved_ns_; }  ///< When it last grew.

  struct Span {
    std::int64_t from_ns = 0, until_ns = 0;
    bool was_seen = false;  ///< The counters were seen between the two.
  };
  /// Of the last `bytes` that were counted: from when at least a hundredth of them was, until when
  /// at most 99 were. They can't have been moved in less time than lies between.
  [[nodiscard]] Span span_of(std::uint64_t bytes) const;

 private:
  struct Sample {
    std::int64_t first_ns = 0, last_ns = 0;
    std::uint64_t bytes = 0;
  };
  std::uint64_t grain_;
  std::vector<Sample> samples_;
  ChildBytes last_;
  std::int64_t moved_ns_ = 0;
};

struct ChildRun {
  std::string how;             ///< "exited with status 0"
  std::string output, errors;  ///< All that it printed.
  std::int64_t spawned_ns = 0, exited_ns = 0;
  ByteTimes times{1};
};

struct ChildLimits {
  std::int64_t silence_ns = 20'000'000'000;  ///< For which it may move nothing.
  std::uint64_t grain = 1;                   ///< See ByteTimes.
};

/// Fails with io where it can't be started, with not_witnessed where the system hides its counters,
/// with timeout where it moved nothing for too long and was killed.
[[nodiscard]] Result<ChildRun> run_watched(const std::vector<std::string>& command,
                                           const Environment& environment,
                                           const ChildLimits& limits);

}  // namespace assay
