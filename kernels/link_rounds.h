// Who exchanges with whom in network.links: rounds in which every link between two ranks is used.
#pragma once

#include <cstdint>

#include "kernels/backend.h"

namespace assay {

/// What one rank does in a round; k_nobody where it doesn't send or receive.
struct LinkTurn {
  static constexpr std::int32_t k_nobody = -1;
  std::int32_t to = k_nobody, from = k_nobody;
  bool gathers = false;  ///< Receives from all others at once.

  friend bool operator==(const LinkTurn&, const LinkTurn&) = default;
};

/// Of a step. pairs: n - 1 for an even number of ranks, else n; permutation: n - 1; incast: n.
[[nodiscard]] std::uint32_t link_rounds(const CollectiveProblem& problem);

/// pairs: the circle method: disjoint pairs, each once in a step. permutation: all ranks send and
/// receive at once, to and from another one in each round. incast: all send to the rank whose
/// number is the round's. Who has which number was drawn.
[[nodiscard]] LinkTurn link_turn(const CollectiveProblem& problem, std::uint32_t round,
                                 std::uint32_t rank);

}  // namespace assay
