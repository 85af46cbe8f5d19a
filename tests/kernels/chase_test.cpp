// The cycle that a chain of loads follows.
#include <vector>

#include <gtest/gtest.h>

#include "kernels/chase_kernel.h"

namespace assay {
namespace {

TEST(ChaseCycle, VisitsEveryNodeOnceBeforeItReturns) {
  for (const std::uint64_t nodes : {2U, 3U, 64U, 65U, 4096U, 5000U}) {
    const ChaseCycle cycle(Seed{9}, nodes);
    std::vector<bool> seen(nodes);
    for (std::uint64_t position = 0; position < nodes; ++position) {
      const std::uint64_t node = cycle.node_at(position);
      ASSERT_LT(node, nodes);
      EXPECT_FALSE(seen[node]) << nodes << " nodes, position " << position;
      seen[node] = true;
      EXPECT_EQ(cycle.node_after(position), cycle.node_at((position + 1) % nodes));
    }
  }
}

TEST(ChaseCycle, DependsOnItsSeedAndSeldomGoesToTheNextLine) {
  constexpr std::uint64_t k_nodes = 1U << 16U;
  const ChaseCycle one(Seed{1}, k_nodes);
  const ChaseCycle other(Seed{2}, k_nodes);
  std::uint64_t equal = 0;
  std::uint64_t near = 0;
  for (std::uint64_t position = 0; position < k_nodes; ++position) {
    const std::uint64_t node = one.node_at(position);
    const std::uint64_t after = one.node_after(position);
    equal += node == other.node_at(position) ? 1U : 0U;
    near += (after > node ? after - node : node - after) < 16 ? 1U : 0U;  // Within 1 KiB.
  }
  EXPECT_LT(equal, 30U);
  EXPECT_LT(near, 200U);  // 2 x 15 of 65536 by chance: about 30.
}

}  // namespace
}  // namespace assay
