// What one rank of a collective holds in the memory of its GPU.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/backend.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/rank_layout.h"

namespace assay::cuda {

/// As RankData on a host, with the same operands. What a slot must hold is worked out anew from the
/// seed where it is compared, by kernels of the rank's own GPU, and never stands in its memory.
class RankMemory {
 public:
  /// Bytes of device memory that one rank takes, without what a library takes.
  [[nodiscard]] static Natural bytes_needed(const CollectiveProblem& problem);

  /// Precondition: ranks::well_sized(problem), rank < problem.ranks; type f32 or bf16; the device
  /// is the current one. All of these fail as check() does, and wait for the end.
  [[nodiscard]] static Result<RankMemory> make(const CollectiveProblem& problem, std::uint32_t rank,
                                               const Seed& seed, cudaStream_t stream);

  [[nodiscard]] const ranks::Layout& layout() const { return layout_; }
  /// Where a call reads and where it writes. In place, by NCCL's rules: the results of a
  /// reduce_scatter stand where the rank's own part stood.
  [[nodiscard]] std::byte* operands(const Step& step) const;
  [[nodiscard]] std::byte* results(std::uint32_t slot) const;

  /// Fills the whole slot: with the operands if the call works in place, else with poison.
  [[nodiscard]] Result<Done> prepare(const Step& step) const;
  /// Compares every element of the slot; the first that differs.
  [[nodiscard]] Result<std::optional<Mismatch>> check(const Step& step) const;
  [[nodiscard]] Result<Done> witness(const Step& step, std::vector<std::uint8_t>& bytes) const;
  [[nodiscard]] Result<Done> flip(std::uint32_t slot, std::uint64_t bit) const;

 private:
  RankMemory() = default;
  [[nodiscard]] std::byte* slot(std::uint32_t slot) const;
  [[nodiscard]] Result<Mismatch> difference_at(const Step& step, std::uint64_t element) const;

  NumberType type_ = NumberType::f32;
  bool in_place_ = false;
  std::uint32_t rank_ = 0;
  std::uint64_t amplitude_ = 0;
  ranks::Layout layout_;
  std::uint64_t results_at_ = 0;  ///< In a slot, in bytes.
  std::vector<Keyed> draws_;
  cudaStream_t stream_ = nullptr;
  DeviceBuffer draws_there_, parts_there_;
  DeviceBuffer input_, slots_;
  DeviceBuffer first_, seen_;  // what a comparison and a witness found
};

}  // namespace assay::cuda
