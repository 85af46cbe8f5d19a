// Latency of memory: chains of loads, each of which needs what the one before found.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "kernels/backend.h"
#include "kernels/keyed.h"

namespace assay {

/// A cycle through all nodes 0 .. count-1 in an order drawn from a seed, kept nowhere. Each node is
/// 64 bytes of memory, of which the first 8 hold the node after it.
class ChaseCycle {
 public:
  static constexpr std::uint64_t k_words = 8;  ///< Of a node.

  /// Precondition: 2 <= nodes < 2^63.
  constexpr ChaseCycle(const Seed& seed, std::uint64_t nodes) : nodes_(nodes) {
    while ((std::uint64_t{1} << bits_) < nodes) {
      ++bits_;
    }
    const Keyed draw(seed, 5);
    for (std::uint64_t round = 0; round < k_rounds; ++round) {
      factors_[round] = draw(2 * round) | 1U;
      terms_[round] = draw(2 * round + 1);
    }
  }

  [[nodiscard]] constexpr std::uint64_t nodes() const { return nodes_; }

  /// The node at a position of the cycle: a bijection of 2^bits numbers, repeated until it is one
  /// of the nodes, so a bijection of those. Precondition: position < nodes().
  [[nodiscard]] constexpr std::uint64_t node_at(std::uint64_t position) const {
    const std::uint64_t mask = (std::uint64_t{1} << bits_) - 1;
    std::uint64_t node = position;
    do {
      for (std::uint64_t round = 0; round < k_rounds; ++round) {
        node = (node * factors_[round] + terms_[round]) & mask;
        node ^= node >> (bits_ / 2 + 1);
      }
    } while (node >= nodes_);
    return node;
  }
  [[nodiscard]] constexpr std::uint64_t node_after(std::uint64_t position) const {
    return node_at(position + 1 == nodes_ ? 0 : position + 1);
  }

 private:
  static constexpr std::uint64_t k_rounds = 4;

  std::uint64_t nodes_;
  unsigned bits_ = 1;
  std::array<std::uint64_t, k_rounds> factors_{}, terms_{};
};

/// What all backends share. A tuple begins at a place of its own; a slot holds the node where its
/// chain ended. One wrong load leads to another place of the cycle, and all that follow go astray.
class ChaseKernel : public Kernel {
 public:
  /// Fails with bad_input where the array is too small for as many tuples.
  [[nodiscard]] static Result<Done> well_sized(const LatencyProblem& problem);

  /// Precondition: well_sized(problem).
  ChaseKernel(const LatencyProblem& problem, const Seed& seed)
      : problem_(problem), cycle_(seed, problem.array_bytes / 64) {}

  [[nodiscard]] Dimension dimension() const override { return Dimension::time; }
  [[nodiscard]] Natural work_per_step() const override { return problem_.loads; }
  [[nodiscard]] std::uint64_t tuples() const override { return k_tuples; }
  [[nodiscard]] std::uint32_t slots() const override { return k_slots; }
  [[nodiscard]] std::uint64_t slot_bits() const override { return 64; }
  Result<Done> poison(std::span<const Step> steps) override;
  Result<Done> run(std::span<const Step> steps) override;
  Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps) override;
  Result<CheckResult> check(std::span<const Step> steps, const Seed& challenge,
                            std::span<const std::uint32_t> full) override;
  Result<Done> flip(std::uint32_t slot, std::uint64_t bit) override;

 protected:
  static constexpr std::uint32_t k_slots = 16;

  /// Follows the chain from node `start` and writes its end to the slot.
  virtual Result<Done> chase(std::uint64_t start, std::uint32_t slot) = 0;
  /// Waits for all chains.
  virtual Result<Done> wait() = 0;
  virtual Result<std::uint64_t> end_in(std::uint32_t slot) = 0;
  virtual Result<Done> set_end(std::uint32_t slot, std::uint64_t word) = 0;

  [[nodiscard]] const ChaseCycle& cycle() const { return cycle_; }
  [[nodiscard]] std::uint64_t loads() const { return problem_.loads; }
  /// 4 x the caches of the last level where the problem leaves it to the machine.
  [[nodiscard]] static LatencyProblem sized(const LatencyProblem& problem,
                                            std::uint64_t cache_bytes);

 private:
  static constexpr std::uint64_t k_tuples = 4096;

  [[nodiscard]] std::uint64_t position_of(std::uint64_t tuple) const;
  [[nodiscard]] std::uint64_t expected(const Step& step) const;

  LatencyProblem problem_;
  ChaseCycle cycle_;
};

}  // namespace assay
