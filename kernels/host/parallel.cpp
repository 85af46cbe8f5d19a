#include "kernels/host/parallel.h"

#include <omp.h>

#include <algorithm>
#include <atomic>

namespace assay {

void parallel_ranges(std::uint64_t count, std::uint64_t grain,
                     const std::function<void(std::uint64_t first, std::uint64_t last)>& work) {
  const std::uint64_t most = count / std::max<std::uint64_t>(grain, 1);
  const std::uint64_t threads = std::clamp<std::uint64_t>(most, 1, library_threads());
  if (threads == 1) {
    work(0, count);
    return;
  }
  // The barriers of OpenMP are enough; this says the same to the thread sanitizer.
  std::atomic<std::uint64_t> order{0};
  order.store(1, std::memory_order_release);
#pragma omp parallel num_threads(static_cast <int>(threads))
  {
    static_cast<void>(order.load(std::memory_order_acquire));
    const auto team = static_cast<std::uint64_t>(omp_get_num_threads());
    const auto self = static_cast<std::uint64_t>(omp_get_thread_num());
    work(count / team * self + std::min(self, count % team),
         count / team * (self + 1) + std::min(self + 1, count % team));
    order.fetch_add(1, std::memory_order_acq_rel);
  }
  static_cast<void>(order.load(std::memory_order_acquire));
}

std::uint32_t library_threads() {
  return static_cast<std::uint32_t>(std::max(omp_get_max_threads(), 1));
}

}  // namespace assay
