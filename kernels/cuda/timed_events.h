// How long what stands between two events took on the device.
#pragma once

#include <cstdint>

#include "harness/model/result.h"
#include "kernels/cuda/error.h"

namespace assay::cuda {

/// All of these fail as check() does.
class TimedEvents {
 public:
  [[nodiscard]] static Result<TimedEvents> make();
  TimedEvents(TimedEvents&& other) noexcept;
  TimedEvents& operator=(TimedEvents&&) = delete;
  TimedEvents(const TimedEvents&) = delete;
  TimedEvents& operator=(const TimedEvents&) = delete;
  ~TimedEvents();

  [[nodiscard]] Result<Done> record_begin(cudaStream_t stream) const;
  [[nodiscard]] Result<Done> record_end(cudaStream_t stream) const;
  /// Precondition: the stream has come past the end. Resolved to about half a microsecond.
  [[nodiscard]] Result<std::int64_t> between_ns() const;

 private:
  TimedEvents() = default;

  cudaEvent_t begin_ = nullptr, end_ = nullptr;
};

}  // namespace assay::cuda
