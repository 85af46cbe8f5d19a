// Which elements of a product are poisoned and witnessed.
#include "kernels/product_checks.h"

#include <algorithm>
#include <array>
#include <set>

#include <gtest/gtest.h>

namespace assay {
namespace {

struct Extent {
  std::uint64_t rows, columns, edge;  ///< edge: of the tiles.
};

TEST(ProductLattice, HasOneElementInEveryTileAndFewInAll) {
  for (const auto& [rows, columns, edge] : std::array<Extent, 7>{{{1, 1, 64},
                                                                  {7, 5, 64},
                                                                  {512, 512, 64},
                                                                  {513, 512, 128},
                                                                  {8192, 8192, 1024},
                                                                  {1, 65'536, 1024},
                                                                  {100'000, 30, 2048}}}) {
    const auto places = lattice_of(rows, columns);
    EXPECT_LE(places.size(), 64U);
    std::set<std::array<std::uint64_t, 2>> tiles;
    for (const std::uint64_t place : places) {
      ASSERT_LT(place, rows * columns);
      tiles.insert({place / columns / edge, place % columns / edge});
    }
    EXPECT_EQ(tiles.size(), places.size()) << rows << " x " << columns;
    EXPECT_EQ(tiles.size(), (rows + edge - 1) / edge * ((columns + edge - 1) / edge));
  }
}

}  // namespace
}  // namespace assay
