#include "kernels/link_rounds.h"

namespace assay {
namespace {

using Pattern = CollectiveProblem::Pattern;

/// Ranks i and j below m (odd) meet in round (i + j) mod m; who would meet himself meets number m,
/// who is one of an even number of ranks, or nobody.
std::int32_t partner_of(std::uint32_t ranks, std::uint32_t round, std::uint32_t rank) {
  const std::uint64_t m = ranks % 2 == 0 ? ranks - 1 : ranks;
  std::uint64_t partner = 0;
  if (rank == m) {
    partner = round * (m + 1) / 2 % m;
  } else {
    partner = (round + m - rank) % m;
    partner = partner == rank ? m : partner;
  }
  return partner < ranks ? static_cast<std::int32_t>(partner) : LinkTurn::k_nobody;
}

}  // namespace

std::uint32_t link_rounds(const CollectiveProblem& problem) {
  const bool is_even = problem.ranks % 2 == 0;
  switch (problem.pattern) {
    case Pattern::pairs: return is_even ? problem.ranks - 1 : problem.ranks;
    case Pattern::permutation: return problem.ranks - 1;
    case Pattern::incast: return problem.ranks;
  }
  return 0;
}

LinkTurn link_turn(const CollectiveProblem& problem, std::uint32_t round, std::uint32_t rank) {
  const std::uint32_t ranks = problem.ranks;
  switch (problem.pattern) {
    case Pattern::pairs: {
      const std::int32_t partner = partner_of(ranks, round, rank);
      return {.to = partner, .from = partner};
    }
    case Pattern::permutation:
      return {.to = static_cast<std::int32_t>((rank + round + 1) % ranks),
              .from = static_cast<std::int32_t>((rank + ranks - round - 1) % ranks)};
    case Pattern::incast:
      return rank == round ? LinkTurn{.gathers = true}
                           : LinkTurn{.to = static_cast<std::int32_t>(round)};
  }
  return {};
}

}  // namespace assay
