#include "kernels/host/keyed_block.h"

#include <algorithm>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace assay::storage {
namespace {

constexpr BlockName k_first{.campaign = 11, .file = 22, .offset = 8192, .generation = 3};

std::vector<std::uint64_t> blocks_from(const BlockName& first, std::uint64_t count) {
  std::vector<std::uint64_t> words(count * k_block_words);
  fill_blocks(first, count, words.data());
  return words;
}

TEST(KeyedBlocks, HoldWhatTheyMustAndSayWhichTheyAre) {
  const auto words = blocks_from(k_first, 5);
  const BlockFindings found = check_blocks(k_first, 5, words.data());
  EXPECT_EQ(found.blocks, 5U);
  EXPECT_EQ(found.wrong, 0U);
  EXPECT_EQ(found.sum, found.due);
  EXPECT_FALSE(found.first);
  EXPECT_EQ(words[0], 11U);
  EXPECT_EQ(words[1], 22U);
  EXPECT_EQ(words[k_block_words + 2], 8192U + k_block);
  EXPECT_EQ(words[3], 3U);
}

TEST(KeyedBlocks, ShowEveryInvertedBitWithItsPlace) {
  auto words = blocks_from(k_first, 2);
  for (std::uint64_t i = 0; i < 200; ++i) {
    const std::uint64_t bit = i * 7919 * 31 % (words.size() * 64);
    words[bit / 64] ^= std::uint64_t{1} << (bit % 64);
    const BlockFindings found = check_blocks(k_first, 2, words.data());
    EXPECT_EQ(found.wrong, 1U) << bit;
    ASSERT_TRUE(found.first) << bit;
    EXPECT_EQ(found.first->index, k_first.offset / 8 + bit / 64);
    EXPECT_NE(found.sum, found.due);
    words[bit / 64] ^= std::uint64_t{1} << (bit % 64);
  }
}

TEST(KeyedBlocks, OfAnotherPlaceTimeOrFileAreNamed) {
  const auto said_of = [](BlockName there) {
    const auto words = blocks_from(there, 1);
    const BlockFindings found = check_blocks(k_first, 1, words.data());
    EXPECT_EQ(found.wrong, 1U);
    EXPECT_EQ(found.first->expected, "generation 3 of byte 8192 of file 22");
    return found.first->actual;
  };
  BlockName other = k_first;
  other.generation = 2;
  EXPECT_EQ(said_of(other), "generation 2 of byte 8192 of file 22");
  other = k_first;
  other.offset = 4096;
  EXPECT_EQ(said_of(other), "generation 3 of byte 4096 of file 22");
  other = k_first;
  other.file = 23;
  EXPECT_EQ(said_of(other), "generation 3 of byte 8192 of file 23");
  other = k_first;
  other.campaign = 12;
  EXPECT_EQ(said_of(other), "a block that another run has written");
  const std::vector<std::uint64_t> zeros(k_block_words);
  EXPECT_EQ(check_blocks(k_first, 1, zeros.data()).first->actual, "a block of zeros");
}

TEST(KeyedBlocks, HaveNoWordTwice) {
  const auto words = blocks_from(k_first, 64);
  std::set<std::uint64_t> drawn;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i % k_block_words >= 4) {
      drawn.insert(words[i]);
    }
  }
  EXPECT_EQ(drawn.size(), 64 * (k_block_words - 4));
}

}  // namespace
}  // namespace assay::storage
