#include "kernels/block_scales.h"

#include <set>

#include <gtest/gtest.h>

namespace assay {
namespace {

// The example of nvmath's get_block_scale_offset, and the corners of a tile of 128 x 4 and of the
// next ones: scales of 130 rows of 160 elements of nvfp4, ten blocks in three tiles.
TEST(BlockScales, StandWhereTheLibraryLooksForThem) {
  const std::uint64_t along = scale_tiles_along(NumberType::nvfp4, 160);
  EXPECT_EQ(along, 3U);
  EXPECT_EQ(scale_place(5, 2, along), 82U);
  EXPECT_EQ(scale_place(0, 3, along), 3U);
  EXPECT_EQ(scale_place(1, 0, along), 16U);
  EXPECT_EQ(scale_place(32, 0, along), 4U);
  EXPECT_EQ(scale_place(127, 3, along), 511U);
  EXPECT_EQ(scale_place(0, 4, along), 512U);
  EXPECT_EQ(scale_place(0, 9, along), 2 * 512U + 1);
  EXPECT_EQ(scale_place(128, 0, along), 3 * 512U);
  EXPECT_EQ(scale_bytes(NumberType::nvfp4, 130, 160), 6 * 512U);
  EXPECT_EQ(scale_bytes(NumberType::mxfp8_e4m3, 130, 160), 4 * 512U);
  EXPECT_EQ(scale_bytes(NumberType::fp8_e4m3, 130, 160), 0U);
}

TEST(BlockScales, HaveEachItsOwnPlace) {
  std::set<std::uint64_t> places;
  const std::uint64_t along = scale_tiles_along(NumberType::mxfp8_e4m3, 160);
  for (std::uint64_t row = 0; row < 130; ++row) {
    for (std::uint64_t block = 0; block < 5; ++block) {
      const std::uint64_t place = scale_place(row, block, along);
      EXPECT_LT(place, scale_bytes(NumberType::mxfp8_e4m3, 130, 160));
      places.insert(place);
    }
  }
  EXPECT_EQ(places.size(), 130U * 5);
}

TEST(BlockScales, AreStoredAsExponentsOrAsE4m3) {
  EXPECT_EQ(bits_of_scale(NumberType::mxfp8_e4m3, 1), 127U);  // 2^(bits - 127)
  EXPECT_EQ(bits_of_scale(NumberType::mxfp8_e4m3, 8), 130U);
  EXPECT_EQ(bits_of_scale(NumberType::nvfp4, 1), 0x38U);   // 1.0 x 2^(7 - 7)
  EXPECT_EQ(bits_of_scale(NumberType::nvfp4, 15), 0x57U);  // 1.875 x 2^(10 - 7)
  for (std::uint64_t scale = 1; scale <= 15; ++scale) {
    EXPECT_EQ(scale_of_bits(NumberType::nvfp4, bits_of_scale(NumberType::nvfp4, scale)), scale);
  }
  for (std::uint64_t scale = 1; scale <= 8; scale *= 2) {
    EXPECT_EQ(scale_of_bits(NumberType::mxfp8_e4m3, bits_of_scale(NumberType::mxfp8_e4m3, scale)),
              scale);
  }
}

}  // namespace
}  // namespace assay
