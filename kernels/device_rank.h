// One rank of a collective in the memory of a device: what a process beside others makes of a
// backend.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/backend.h"

namespace assay {

/// Which one of the ranks it is.
struct RankPlace {
  std::uint32_t rank = 0;
  bool yields = false;  ///< There are more ranks than cores: who waits lets others run.
};

struct RankTurn {
  Step step;
  std::uint32_t round = 0;
};

/// One call, by the clock of the host (CLOCK_MONOTONIC_RAW).
struct RankCallTime {
  std::int64_t end_ns = 0;     ///< From the common start until this rank saw its end.
  std::int64_t late_ns = 0;    ///< How long after the start this rank began; 0: in time.
  std::int64_t device_ns = 0;  ///< Of the call on the device, by the device's own events.
};

/// Operands are those of kernels/rank_layout.h. Where it waits for other ranks, it waits no longer
/// than a limit; then it aborts, and fails with timeout. After that, or any other failure, nothing
/// more is possible.
class DeviceRank {
 public:
  DeviceRank() = default;
  DeviceRank(const DeviceRank&) = delete;
  DeviceRank& operator=(const DeviceRank&) = delete;
  virtual ~DeviceRank() = default;

  /// What all ranks must know to find each other. Of one rank, once.
  virtual Result<std::vector<std::uint8_t>> ticket() = 0;
  /// Makes a fresh communicator with all others that have this ticket, and fills the operands.
  virtual Result<Done> join(std::span<const std::uint8_t> ticket, std::int64_t limit_ns) = 0;

  /// "NCCL 2.28.9"
  [[nodiscard]] virtual std::string library() const = 0;
  /// What the library was told by files or variables: "NCCL_ALGO=Ring", one after the other.
  [[nodiscard]] virtual std::string settings() const = 0;

  virtual Result<Done> prepare(const Step& step) = 0;
  /// All ranks agree on a start that lies `lead_ns` ahead, and call. Of links one round of the
  /// step (kernels/link_rounds.h); elsewhere a step is one round.
  virtual Result<RankCallTime> call(const RankTurn& turn, std::int64_t lead_ns,
                                    std::int64_t limit_ns) = 0;
  /// Compares every element of the slot; the first that differs.
  virtual Result<std::optional<Mismatch>> check(const Step& step) = 0;
  /// Some of the slot's elements, the same places on every machine, appended to `bytes`.
  virtual Result<Done> witness(const Step& step, std::vector<std::uint8_t>& bytes) = 0;
  virtual Result<Done> flip(std::uint32_t slot, std::uint64_t bit) = 0;
};

/// A backend whose devices can be ranks is this, too. What it prepares of a collective is nothing:
/// that is the business of who starts the processes.
class RankBackend {
 public:
  RankBackend() = default;
  RankBackend(const RankBackend&) = delete;
  RankBackend& operator=(const RankBackend&) = delete;
  virtual ~RankBackend() = default;

  /// One rank of a collective on `device`, the one of this process. Fails with unsupported, by
  /// name.
  virtual Result<std::unique_ptr<DeviceRank>> open_rank(const CollectiveProblem& problem,
                                                        const Device& device, const Seed& seed,
                                                        const RankPlace& place) = 0;
};

}  // namespace assay
