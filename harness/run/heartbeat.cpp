#include "harness/run/heartbeat.h"

#include <chrono>
#include <ctime>
#include <utility>

namespace assay {
namespace {

std::int64_t spent_ns_by(clockid_t whom) {
  constexpr std::int64_t k_second_ns = 1'000'000'000;
  timespec time{};
  static_cast<void>(::clock_gettime(whom, &time));
  return time.tv_sec * k_second_ns + time.tv_nsec;
}

/// Of all other threads of this process.
std::int64_t processor_ns() {
  return spent_ns_by(CLOCK_PROCESS_CPUTIME_ID) - spent_ns_by(CLOCK_THREAD_CPUTIME_ID);
}

}  // namespace

Heartbeat::Heartbeat(std::function<void()> beat, std::int64_t period_ns)
    : beat_(std::move(beat)), period_ns_(period_ns), thread_([this] { watch(); }) {}

Heartbeat::~Heartbeat() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

void Heartbeat::watch() {
  constexpr std::int64_t k_least_share = 100;
  std::int64_t before_ns = processor_ns();
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, std::chrono::nanoseconds(period_ns_), [this] { return ends_; })) {
    const std::int64_t spent_ns = processor_ns() - before_ns;
    before_ns += spent_ns;
    if (computes_ && spent_ns >= period_ns_ / k_least_share) {
      beat_();
    }
  }
}

}  // namespace assay
