// A clock that moves only when it is told to.
#pragma once

#include "harness/run/clock.h"

namespace assay {

class ScriptedClock final : public Clock {
 public:
  std::int64_t now_ns() override { return now_; }
  std::int64_t witness_ns() override { return now_ + now_ * witness_ppm / 1'000'000; }
  std::int64_t utc_ns() override { return k_utc_at_zero + now_; }
  void sleep_until_utc(std::int64_t utc_ns) override {
    now_ = utc_ns - k_utc_at_zero;
    ++sleeps;
  }
  void pass(std::int64_t time_ns) { now_ += time_ns; }

  static constexpr std::int64_t k_utc_at_zero = 1'790'000'000'000'000'000;
  std::int64_t witness_ppm = 0;  ///< How much faster the second clock runs.
  int sleeps = 0;

 private:
  std::int64_t now_ = 1'000'000'000;
};

}  // namespace assay
