// What verification costs on a GPU beside the steps that are timed: from the kernels' least work
// and what is assumed of host and launches, until a GPU has been measured.
//
// Nothing that measures calls this: docs/kernels.md is made of it, and a test holds shipped
// contracts against it (tests/suites/kernel_costs_test.cpp). It stands beside the kernels that it
// counts.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/cuda/destinations.h"
#include "kernels/cuda/least_work.h"
#include "kernels/cuda/outputs.h"
#include "kernels/cuda/projection.h"
#include "kernels/cuda/tile_check.h"

namespace assay::cuda {

/// Assumed, and written down to be replaced by measurements.
inline constexpr double k_attained = 0.5;            ///< Of a kernel's floor.
inline constexpr double k_wait_s = 20e-6;            ///< Launch or copy, and the wait for its end.
inline constexpr double k_copy_bytes_per_s = 6e9;    ///< Memory that is not pinned, PCIe 5.
inline constexpr double k_hash_bytes_per_s = 1.5e9;  ///< SHA-256 with its instructions.

struct CheckCost {
  LeastWork poison, witness, drawn;  ///< Of one step.
  LeastWork last;  ///< Of the last step of a batch: the others are checked beside what follows.
  double witness_bytes = 0;  ///< Of one step: copied to the host and hashed there.
  double waits = 0;          ///< Of the host, in a batch.
  LeastWork full;            ///< One check of a slot as a whole,
  double full_products = 0;  ///< with so many steps computed anew
  double full_waits = 0;     ///< and so many waits.
};

/// Poisoning waits for a copy and a kernel, witnessing for two copies and a kernel, the tiles for
/// the same, an allocation and its end.
[[nodiscard]] inline CheckCost check_cost(const GemmProblem& problem) {
  const auto places = static_cast<double>(lattice_of(problem.m, problem.n).size());
  const bool narrow = is_narrow(problem);
  const LeastWork projected = least_of_projection(golden_of(problem));
  const LeastWork rounded =
      least_of_rounding(static_cast<double>(problem.m) * static_cast<double>(problem.n));
  return {.poison = least_of_poison_lattice(places),
          .witness = least_of_read_lattice(places),
          .drawn = least_of_tile(problem),
          .witness_bytes = 8 * places,
          .waits = 10,
          .full = narrow ? projected + rounded : projected,
          .full_products = narrow ? 1.0 : 0.0,
          .full_waits = 25};
}

/// The steps are poisoned, witnessed and compared with 2, 3 and 4 waits. Of a read every sum is
/// compared at once; a full check adds nothing.
[[nodiscard]] inline CheckCost check_cost(const MemoryProblem& problem) {
  const double elements = static_cast<double>(problem.array_bytes) / 8;
  const bool adds = problem.op == MemoryProblem::Op::triad;
  if (problem.op == MemoryProblem::Op::read) {
    const double sums = std::ceil(elements / double{k_part});
    return {.poison = least_of_poison(sums),
            .witness = least_of_sum(sums),
            .drawn = least_of_sums(sums),
            .witness_bytes = 8,
            .waits = 9};
  }
  return {.poison = least_of_poison(elements),
          .witness = least_of_witness(elements),
          .drawn = least_of_lines(adds),
          .witness_bytes = 8 * lattice_words(elements),
          .waits = 9,
          .full = least_of_words(adds, elements),
          .full_waits = 1};
}

/// Whether all destinations lie in memory of GPUs, which compare them beside the copies.
[[nodiscard]] constexpr bool is_compared_beside(const LinkProblem& problem) {
  return problem.path == LinkProblem::Path::peer ||
         problem.direction == LinkProblem::Direction::to_device;
}

/// As a copy in memory, for each direction. Where a GPU compares its destinations beside the
/// copies, the last one of a batch is left, both directions' at once, and two more copies to each
/// device before it and one after. One at the host is compared over the link, which takes as long
/// as a step.
[[nodiscard]] inline CheckCost check_cost(const LinkProblem& problem) {
  using Direction = LinkProblem::Direction;
  const double words = static_cast<double>(problem.bytes) / 8;
  const double lanes = problem.direction == Direction::both ? 2 : 1;
  if (is_compared_beside(problem)) {
    return {.poison = lanes * least_of_poison(words),
            .witness = lanes * least_of_witness(words),
            .drawn = lanes * least_of_lines(false),
            .last = least_of_words(false, words),
            .witness_bytes = lanes * 8 * lattice_words(words),
            .waits = lanes * 13};
  }
  return {.poison = lanes * least_of_poison(words),
          .witness = lanes * least_of_witness(words),
          .drawn = lanes * least_of_lines(false),
          .witness_bytes = lanes * 8 * lattice_words(words),
          .waits = lanes * 9,
          .full = lanes * least_of_words(false, words),
          .full_products = 1.0,
          .full_waits = lanes};
}

/// Of a window: the part of its time that verification takes.
struct CheckShare {
  double each = 0;  ///< What every step is checked with.
  double full = 0;  ///< Slots checked as a whole, of all.
  double all = 0;  ///< Both: full checks are made while both stay within the share allowed, and one
                   ///< in any case.
};

struct CheckedWindow {
  double seconds = 300;
  double step_seconds = 0;
  double slots = 1;  ///< Steps of a batch, at most.
  double block_seconds = 1;
  double share = 0.01;  ///< Allowed for full checks and what every step is checked with.
};

[[nodiscard]] inline CheckShare check_share(const CheckCost& cost, const CheckedWindow& window,
                                            const DeviceSpeed& device) {
  const auto seconds = [&](const LeastWork& work) {
    return floor_seconds(work, device) / k_attained;
  };
  const double batch =
      std::clamp(std::ceil(window.block_seconds / window.step_seconds), 1.0, window.slots);
  const double host =
      batch * cost.witness_bytes * (1 / k_copy_bytes_per_s + 1 / k_hash_bytes_per_s);
  const double checks = cost.waits * k_wait_s + seconds(batch * cost.poison) +
                        seconds(batch * cost.witness) + seconds(batch * cost.drawn) +
                        seconds(cost.last) + host;
  const double each = checks / (checks + batch * window.step_seconds);
  const double full =
      seconds(cost.full) + cost.full_products * window.step_seconds + cost.full_waits * k_wait_s;
  const double steps = window.seconds * (1 - each) / window.step_seconds;
  const double affordable =
      full == 0 ? steps : std::floor(std::max(0.0, window.share - each) * window.seconds / full);
  const double made = std::clamp(affordable, 1.0, steps);
  return {.each = each, .full = made / steps, .all = each + made * full / window.seconds};
}

}  // namespace assay::cuda
