#include "kernels/cuda/timed_events.h"

#include <utility>

namespace assay::cuda {

Result<TimedEvents> TimedEvents::make() {
  TimedEvents events;
  for (cudaEvent_t* const event : {&events.begin_, &events.end_}) {
    if (auto done = check(cudaEventCreate(event), "cudaEventCreate"); !done) {
      return done.error();
    }
  }
  return events;
}

TimedEvents::TimedEvents(TimedEvents&& other) noexcept
    : begin_(std::exchange(other.begin_, nullptr)), end_(std::exchange(other.end_, nullptr)) {}

TimedEvents::~TimedEvents() {
  for (const cudaEvent_t event : {begin_, end_}) {
    if (event != nullptr) {
      static_cast<void>(cudaEventDestroy(event));
    }
  }
}

Result<Done> TimedEvents::record_begin(cudaStream_t stream) const {
  return check(cudaEventRecord(begin_, stream), "cudaEventRecord");
}

Result<Done> TimedEvents::record_end(cudaStream_t stream) const {
  return check(cudaEventRecord(end_, stream), "cudaEventRecord");
}

Result<std::int64_t> TimedEvents::between_ns() const {
  constexpr double k_ns_a_ms = 1e6;
  float milliseconds = 0;
  if (auto done = check(cudaEventElapsedTime(&milliseconds, begin_, end_), "cudaEventElapsedTime");
      !done) {
    return done.error();
  }
  return static_cast<std::int64_t>(double{milliseconds} * k_ns_a_ms);
}

}  // namespace assay::cuda
