// What files under test hold: blocks of 4 KiB that can't be compressed, that no other block equals,
// and that say which block of which campaign they are, so that one in the wrong place is named.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kernels/backend.h"

namespace assay::storage {

inline constexpr std::uint64_t k_block = 4096;
inline constexpr std::uint64_t k_block_words = k_block / 8;

/// The first four words of a block, and what all others follow from.
struct BlockName {
  std::uint64_t campaign = 0;    ///< Of the round's operands: drawn from the nonce.
  std::uint64_t file = 0;        ///< Inode number: no two files of one file system share one.
  std::uint64_t offset = 0;      ///< In bytes.
  std::uint64_t generation = 0;  ///< Which write of this run it was, from 1.

  friend bool operator==(const BlockName&, const BlockName&) = default;
};

/// Of all blocks of files made with these operands.
[[nodiscard]] std::uint64_t campaign_of(const Seed& seed);

/// Fills `blocks` blocks, of which the first is the named one and the others follow it in its file.
void fill_blocks(BlockName first, std::uint64_t blocks, std::uint64_t* words);

/// What comparing blocks with what they must hold came to.
struct BlockFindings {
  std::uint64_t blocks = 0;       ///< Compared, word by word.
  std::uint64_t wrong = 0;        ///< Of these.
  std::uint64_t sum = 0;          ///< Of the words that are there, modulo 2^64.
  std::uint64_t due = 0;          ///< Of the words that must be there.
  std::optional<Mismatch> first;  ///< Its index is the word's place in the file.

  void add(const BlockFindings& other);
};

/// Compares every word of the blocks with what fill_blocks writes.
[[nodiscard]] BlockFindings check_blocks(BlockName first, std::uint64_t blocks,
                                         const std::uint64_t* words);

}  // namespace assay::storage
