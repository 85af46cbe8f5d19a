// A parallel loop on the threads of the matrix libraries.
#pragma once

#include <cstdint>
#include <functional>

namespace assay {

/// Calls work(first, last) for parts of 0 .. count-1, each thread a contiguous share of at least
/// `grain`, and waits. `work` must not throw. OpenMP and not an own pool: both libraries leave
/// their OpenMP threads spinning after a product, and a second set of threads would fight them.
void parallel_ranges(std::uint64_t count, std::uint64_t grain,
                     const std::function<void(std::uint64_t first, std::uint64_t last)>& work);

/// Threads that parallel_ranges and the libraries use.
[[nodiscard]] std::uint32_t library_threads();

}  // namespace assay
