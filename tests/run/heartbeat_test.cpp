// Who computes is heard, who sleeps or waits is not.
#include "harness/run/heartbeat.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include "harness/run/clock.h"

namespace assay {
namespace {

constexpr std::int64_t k_ms = 1'000'000;

void spin(std::int64_t ns) {
  const std::int64_t until_ns = system_clock().now_ns() + ns;
  while (system_clock().now_ns() < until_ns) {
  }
}

/// Sooner or later, on a busy machine, too: no beat during one call of `wait`.
bool falls_silent(const std::atomic<int>& beats, const std::function<void()>& wait) {
  for (int i = 0; i < 50; ++i) {
    const int before = beats;
    wait();
    if (beats == before) {
      return true;
    }
  }
  return false;
}

TEST(Heartbeat, BeatsWhileTheProcessSaysThatItComputesAndDoes) {
  std::atomic<int> beats{0};
  Heartbeat heartbeat([&beats] { ++beats; }, 50 * k_ms);
  {
    const Heartbeat::Computing computing(heartbeat);
    const std::int64_t deadline_ns = system_clock().now_ns() + 20'000 * k_ms;
    while (beats < 3 && system_clock().now_ns() < deadline_ns) {
      spin(k_ms);
    }
    EXPECT_GE(beats, 3);
    EXPECT_TRUE(falls_silent(beats, [] {
      std::this_thread::sleep_for(std::chrono::nanoseconds(200 * k_ms));
    })) << "it sleeps";
  }
  EXPECT_TRUE(falls_silent(beats, [] { spin(200 * k_ms); }))
      << "it polls, and says nothing of computing";
}

TEST(Heartbeat, EndsAtOnceHoweverLongItsPeriod) {
  const std::int64_t begun_ns = system_clock().now_ns();
  {
    const Heartbeat heartbeat([] { ADD_FAILURE(); }, 3'600'000 * k_ms);
  }
  EXPECT_LT(system_clock().now_ns() - begun_ns, 60'000 * k_ms);
}

}  // namespace
}  // namespace assay
