// Accelerators that are not there: each takes a batch, computes on it for a fixed time while the
// next ones are read, and waits where none has come.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace assay::storage {

class Pace {
 public:
  using Clock = std::chrono::steady_clock;

  Pace() = default;
  Pace(std::uint64_t clients, std::uint64_t compute_ns);

  /// Waits until there is room for another batch of the client: two are read ahead.
  void wait_for_room(std::size_t client) const;
  /// A batch of the client is there: it is computed on when the one before is done.
  void take(std::size_t client);

  /// AU of MLPerf Storage: time spent computing over all time, of all accelerators from their first
  /// batch to their last, in millionths. None before any batch.
  [[nodiscard]] std::optional<std::int64_t> utilisation_ppm() const;

 private:
  struct Accelerator {
    Clock::time_point first, done, done_before;  ///< When the last batches are computed on.
    std::uint64_t batches = 0;
  };
  std::chrono::nanoseconds compute_{0};
  std::vector<Accelerator> accelerators_;
};

}  // namespace assay::storage
