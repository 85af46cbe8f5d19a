// A communicator of NCCL that never blocks: whoever waits for other ranks watches for errors, and
// gives up at a deadline.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/backend.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/nccl.h"
#include "kernels/device_rank.h"
#include "kernels/link_rounds.h"

namespace assay::cuda {

/// The operands of one call, in device memory. `count` elements are one rank's part. Of messages,
/// `turn` says between whom; in links those received stand at their senders' places in `out`.
struct RankCall {
  CollectiveProblem::Op op = CollectiveProblem::Op::all_reduce;
  int type = nccl::k_float32;
  std::uint64_t count = 0;
  std::byte* in = nullptr;
  std::byte* out = nullptr;
  LinkTurn turn;
};

/// Functions fail with timeout where others were waited for in vain, or are gone; with io where
/// NCCL, with device where the device fails. Then the communicator is aborted.
class Communicator {
 public:
  [[nodiscard]] static Result<std::vector<std::uint8_t>> ticket(const Nccl& nccl);

  /// The device is the current one. Precondition: place.rank < ranks.
  [[nodiscard]] static Result<std::unique_ptr<Communicator>> join(
      const Nccl& nccl, std::span<const std::uint8_t> ticket, std::uint32_t ranks,
      const RankPlace& place, std::int64_t limit_ns);
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;
  ~Communicator();

  /// The largest of what the ranks give; returns when all have given it.
  [[nodiscard]] Result<std::int64_t> largest(std::int64_t value, std::int64_t limit_ns);
  /// Queues it, and returns when NCCL has taken it.
  [[nodiscard]] Result<Done> queue(const RankCall& call, std::int64_t limit_ns);
  /// Returns when all that was queued is done.
  [[nodiscard]] Result<Done> finish(std::int64_t limit_ns);

  [[nodiscard]] cudaStream_t stream() const { return stream_; }
  void let_others_run() const;

 private:
  Communicator(Nccl nccl, std::uint32_t ranks, const RankPlace& place)
      : nccl_(std::move(nccl)), ranks_(ranks), place_(place) {}
  [[nodiscard]] int start(const RankCall& call);
  [[nodiscard]] int start_messages(const RankCall& call);
  [[nodiscard]] Result<Done> settle(int result, const char* doing, std::int64_t deadline_ns);
  [[nodiscard]] Error failed(int result, const char* doing);
  [[nodiscard]] Error gave_up(const char* doing, std::int64_t waited_ns);
  void abort();

  Nccl nccl_;
  std::uint32_t ranks_;
  RankPlace place_;
  nccl::Comm comm_ = nullptr;
  cudaStream_t stream_ = nullptr;
  DeviceBuffer agreed_;
  std::int64_t since_ns_ = 0;
};

}  // namespace assay::cuda
