#include "kernels/host/storage_pace.h"

#include <algorithm>
#include <thread>

namespace assay::storage {

Pace::Pace(std::uint64_t clients, std::uint64_t compute_ns)
    : compute_(compute_ns), accelerators_(clients) {}

void Pace::wait_for_room(std::size_t client) const {
  const Accelerator& accelerator = accelerators_[client];
  if (accelerator.batches >= 2) {
    std::this_thread::sleep_until(accelerator.done_before);
  }
}

void Pace::take(std::size_t client) {
  Accelerator& accelerator = accelerators_[client];
  const auto now = Clock::now();
  if (accelerator.batches == 0) {
    accelerator.first = now;
    accelerator.done = now;
  }
  accelerator.done_before = accelerator.done;
  accelerator.done = std::max(accelerator.done, now) + compute_;
  ++accelerator.batches;
}

std::optional<std::int64_t> Pace::utilisation_ppm() const {
  constexpr double k_million = 1e6;
  double computing = 0;
  double all = 0;
  for (const Accelerator& accelerator : accelerators_) {
    computing += static_cast<double>(compute_.count()) * static_cast<double>(accelerator.batches);
    all += std::chrono::duration<double, std::nano>(accelerator.done - accelerator.first).count();
  }
  return all > 0 ? std::optional(static_cast<std::int64_t>(k_million * computing / all))
                 : std::nullopt;
}

}  // namespace assay::storage
