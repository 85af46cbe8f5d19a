#include "harness/run/gpu_sampler.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace assay {
namespace {

constexpr std::chrono::milliseconds k_pause{20};

}  // namespace

void SampledNumber::take(const Fact<std::int64_t>& fact) {
  if (!fact.value) {
    reason = fact.reason;
    return;
  }
  take(SampledNumber{
      .count = 1, .sum = *fact.value, .least = *fact.value, .most = *fact.value, .reason = ""});
}

void SampledNumber::take(const SampledNumber& other) {
  if (other.count > 0) {
    least = count > 0 ? std::min(least, other.least) : other.least;
    most = count > 0 ? std::max(most, other.most) : other.most;
    count += other.count;
    sum += other.sum;
  }
  if (!other.reason.empty()) {
    reason = other.reason;
  }
}

void GpuSums::take(const GpuSample& sample) {
  clock_mhz.take(sample.clock_mhz);
  power_mw.take(sample.power_mw);
  events.take(sample.events);
  const auto bits = static_cast<std::uint64_t>(sample.events.value.value_or(0));
  for (std::size_t i = 0; i < held.size(); ++i) {
    held.at(i) += (bits & k_clock_events.at(i).bit) != 0 ? 1 : 0;
  }
}

void GpuSums::take(const GpuSums& other) {
  clock_mhz.take(other.clock_mhz);
  power_mw.take(other.power_mw);
  events.take(other.events);
  for (std::size_t i = 0; i < held.size(); ++i) {
    held.at(i) += other.held.at(i);
  }
}

GpuSampler::GpuSampler(const NvmlGpu& gpu) : gpu_(gpu), thread_([this] { run(); }) {}

GpuSampler::~GpuSampler() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

GpuSums GpuSampler::take() {
  {
    const std::lock_guard lock(mutex_);
    if (sums_.events.count > 0 || sums_.clock_mhz.count > 0) {
      return std::exchange(sums_, {});
    }
  }
  GpuSums own;
  own.take(gpu_.sample());
  return own;
}

void GpuSampler::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    lock.unlock();
    const GpuSample sample = gpu_.sample();  // however long the driver takes, nobody waits for it
    lock.lock();
    sums_.take(sample);
    wake_.wait_for(lock, k_pause, [this] { return stop_; });
  }
}

}  // namespace assay
