// What one rank of a collective holds: operands, slots, and what must stand in them afterwards.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/backend.h"
#include "kernels/host/buffer.h"
#include "kernels/rank_layout.h"

namespace assay {

/// Every rank's operands are a function of seed, rank and index, so each knows from the seed alone
/// what it must receive; that never went through the network. Where sums are made they are whole
/// numbers whose every partial sum the type holds exactly, of the largest amplitude for which that
/// is so: whatever order the library adds in, the result is one. A tuple is where in the operands a
/// call begins.
class RankData {
 public:
  /// Bytes of memory that one rank takes.
  [[nodiscard]] static Natural bytes_needed(const CollectiveProblem& problem);

  /// Precondition: ranks::well_sized(problem), rank < problem.ranks. Fails with io.
  [[nodiscard]] static Result<RankData> make(const CollectiveProblem& problem, std::uint32_t rank,
                                             const Seed& seed);

  /// Elements of one rank's part, as MPI's calls count them.
  [[nodiscard]] std::uint64_t count() const { return layout_.count; }
  [[nodiscard]] const void* input(std::uint64_t tuple) const;
  [[nodiscard]] void* slot(std::uint32_t slot) const;

  /// Fills the whole slot: with the operands if the call works in place, else with poison.
  void prepare(const Step& step) const;
  /// Compares every element of the slot; the first that differs.
  [[nodiscard]] std::optional<Mismatch> check(const Step& step) const;
  /// Some of the slot's elements, the same places on every machine, appended to `bytes`.
  void witness(const Step& step, std::vector<std::uint8_t>& bytes) const;
  void flip(std::uint32_t slot, std::uint64_t bit) const;

 private:
  RankData() = default;
  Result<Done> fill(const CollectiveProblem& problem, std::uint32_t rank, const Seed& seed);

  NumberType type_ = NumberType::f32;
  bool in_place_ = false;
  ranks::Layout layout_;
  Buffer input_, slots_;
  std::vector<Buffer> golden_;  ///< Of each part, from the tuple's shift on.
};

}  // namespace assay
