#include "harness/run/clock.h"

#include <cerrno>
#include <ctime>
#include <limits>

namespace assay {
namespace {

constexpr std::int64_t k_second_ns = 1'000'000'000;

std::int64_t read(clockid_t id) {
  timespec time{};
  clock_gettime(id, &time);  // cannot fail: these three exist since Linux 2.6.39
  return static_cast<std::int64_t>(time.tv_sec) * k_second_ns + time.tv_nsec;
}

class SystemClock final : public Clock {
 public:
  std::int64_t now_ns() override { return read(CLOCK_MONOTONIC_RAW); }
  std::int64_t witness_ns() override { return read(CLOCK_BOOTTIME); }
  std::int64_t utc_ns() override { return read(CLOCK_REALTIME); }

  void sleep_until_utc(std::int64_t utc_ns) override {
    const timespec until{.tv_sec = utc_ns / k_second_ns, .tv_nsec = utc_ns % k_second_ns};
    while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, nullptr) == EINTR) {
    }
  }
};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;  // without state: the kernel keeps the time
  return clock;
}

ClockPair read_both(Clock& clock) {
  constexpr int k_tries = 8;
  ClockPair best;
  std::int64_t tightest = std::numeric_limits<std::int64_t>::max();
  for (int i = 0; i < k_tries; ++i) {
    const std::int64_t before = clock.now_ns();
    const std::int64_t witness = clock.witness_ns();
    const std::int64_t after = clock.now_ns();
    if (after - before < tightest) {
      tightest = after - before;
      best = {.now_ns = before + (after - before) / 2, .witness_ns = witness};
    }
  }
  return best;
}

}  // namespace assay
