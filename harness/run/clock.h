// The only door to time, so that tests can have their own.
#pragma once

#include <cstdint>

namespace assay {

class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  virtual std::int64_t now_ns() = 0;      ///< Monotonic, not slewed: CLOCK_MONOTONIC_RAW.
  virtual std::int64_t witness_ns() = 0;  ///< A second, independent one: CLOCK_BOOTTIME, slewed.
  virtual std::int64_t utc_ns() = 0;      ///< Since 1970-01-01.
  virtual void sleep_until_utc(std::int64_t utc_ns) = 0;
};

[[nodiscard]] Clock& system_clock();

/// Both clocks at one moment: the tightest of a few readings, so that being interrupted between the
/// two does not look like a disagreement.
struct ClockPair {
  std::int64_t now_ns = 0, witness_ns = 0;
};
[[nodiscard]] ClockPair read_both(Clock& clock);

}  // namespace assay
