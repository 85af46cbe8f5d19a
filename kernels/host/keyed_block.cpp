#include "kernels/host/keyed_block.h"

#include <array>
#include <cstring>

#include "kernels/host/cpu.h"
#include "kernels/host/lanes.h"
#include "kernels/keyed.h"

namespace assay::storage {
namespace {

using lanes::Words;

constexpr std::uint64_t k_rows = k_block_words / lanes::k_lanes;
constexpr std::uint64_t k_campaign_stream = 1;

/// Eight xorshift generators (Marsaglia, 2003) side by side, each with a state of its own from the
/// block's name: no multiplications, so that it is fast on any vectors.
struct Generator {
  Words state;
};

/// The first row: the name in its first half.
[[gnu::always_inline]] inline void begin(const BlockName& name, Generator& generator, Words& row) {
  Seed seed{};
  const std::array<std::uint64_t, 4> named{name.campaign, name.file, name.offset, name.generation};
  std::memcpy(seed.data(), named.data(), sizeof named);
  const Keyed draw(seed, 0);
  for (std::uint64_t lane = 0; lane < lanes::k_lanes; ++lane) {
    generator.state[lane] = draw(lane) | 1U;  // a state of zero would stay zero
  }
  row = generator.state;
  for (std::size_t i = 0; i < named.size(); ++i) {
    row[i] = named.at(i);
  }
}

[[gnu::always_inline]] inline void next(Generator& generator) {
  Words state = generator.state;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  generator.state = state;
}

[[gnu::always_inline]] inline void fill(BlockName name, std::uint64_t blocks,
                                        std::uint64_t* words) {
  for (std::uint64_t block = 0; block < blocks; ++block) {
    Generator generator{};
    Words row;
    begin(name, generator, row);
    std::memcpy(words, &row, sizeof row);
    for (std::uint64_t i = 1; i < k_rows; ++i) {
      next(generator);
      std::memcpy(words + i * lanes::k_lanes, &generator.state, sizeof row);
    }
    words += k_block_words;
    name.offset += k_block;
  }
}

struct Compared {
  Words differing, sum, due;
};

[[gnu::always_inline]] inline void compare_row(const Words& right, const std::uint64_t* words,
                                               Compared& compared) {
  Words there;
  lanes::load(words, there);
  compared.differing |= there ^ right;
  compared.sum += there;
  compared.due += right;
}

/// Bits in which any word differs; no exit from the loop.
[[gnu::always_inline]] inline std::uint64_t compare(const BlockName& name,
                                                    const std::uint64_t* words,
                                                    BlockFindings& findings) {
  Generator generator{};
  Words row;
  begin(name, generator, row);
  Compared compared{};
  compare_row(row, words, compared);
  for (std::uint64_t i = 1; i < k_rows; ++i) {
    next(generator);
    compare_row(generator.state, words + i * lanes::k_lanes, compared);
  }
  std::uint64_t differing = 0;
  for (std::uint64_t lane = 0; lane < lanes::k_lanes; ++lane) {
    differing |= compared.differing[lane];
    findings.sum += compared.sum[lane];
    findings.due += compared.due[lane];
  }
  return differing;
}

using Fill = void (*)(BlockName, std::uint64_t, std::uint64_t*);
using CompareOne = std::uint64_t (*)(const BlockName&, const std::uint64_t*, BlockFindings&);

[[gnu::target("avx512f,avx512dq,avx512vl,avx512bw")]] void fill_avx512(BlockName name,
                                                                       std::uint64_t blocks,
                                                                       std::uint64_t* words) {
  fill(name, blocks, words);
}
[[gnu::target("avx2,fma")]] void fill_avx2(BlockName name, std::uint64_t blocks,
                                           std::uint64_t* words) {
  fill(name, blocks, words);
}
void fill_sse2(BlockName name, std::uint64_t blocks, std::uint64_t* words) {
  fill(name, blocks, words);
}

[[gnu::target("avx512f,avx512dq,avx512vl,avx512bw")]] std::uint64_t compare_avx512(
    const BlockName& name, const std::uint64_t* words, BlockFindings& findings) {
  return compare(name, words, findings);
}
[[gnu::target("avx2,fma")]] std::uint64_t compare_avx2(const BlockName& name,
                                                       const std::uint64_t* words,
                                                       BlockFindings& findings) {
  return compare(name, words, findings);
}
std::uint64_t compare_sse2(const BlockName& name, const std::uint64_t* words,
                           BlockFindings& findings) {
  return compare(name, words, findings);
}

struct Widest {
  Fill fill = fill_sse2;
  CompareOne compare = compare_sse2;
};

Widest widest() {
  switch (own_vectors()) {
    case Vectors::avx512: return {.fill = fill_avx512, .compare = compare_avx512};
    case Vectors::avx2: return {.fill = fill_avx2, .compare = compare_avx2};
    case Vectors::sse2: return {};
  }
  return {};
}

std::string hex_of(std::uint64_t word) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::string text = "0x";
  for (int shift = 60; shift >= 0; shift -= 4) {
    text += k_digits[(word >> static_cast<unsigned>(shift)) & 15U];
  }
  return text;
}

std::string text_of(const BlockName& name) {
  return "generation " + std::to_string(name.generation) + " of byte " +
         std::to_string(name.offset) + " of file " + std::to_string(name.file);
}

/// What stands where another block should: named, if it is whole and of this campaign.
std::string seen_instead(const BlockName& due, const std::uint64_t* words) {
  const BlockName there{
      .campaign = words[0], .file = words[1], .offset = words[2], .generation = words[3]};
  std::array<std::uint64_t, k_block_words> whole{};
  if (std::memcmp(words, whole.data(), k_block) == 0) {
    return "a block of zeros";
  }
  fill_sse2(there, 1, whole.data());
  if (std::memcmp(words, whole.data(), k_block) != 0) {
    return "";
  }
  return there.campaign == due.campaign ? text_of(there) : "a block that another run has written";
}

Mismatch mismatch_of(const BlockName& name, const std::uint64_t* words) {
  const std::string instead = seen_instead(name, words);
  if (!instead.empty()) {
    return {.index = name.offset / 8, .expected = text_of(name), .actual = instead};
  }
  std::array<std::uint64_t, k_block_words> right{};
  fill_sse2(name, 1, right.data());
  std::size_t word = 0;
  while (words[word] == right.at(word)) {
    ++word;
  }
  return {.index = name.offset / 8 + word,
          .expected = hex_of(right.at(word)) + " (of " + text_of(name) + ")",
          .actual = hex_of(words[word])};
}

}  // namespace

std::uint64_t campaign_of(const Seed& seed) {
  return Keyed(seed, k_campaign_stream)(0);
}

void BlockFindings::add(const BlockFindings& other) {
  blocks += other.blocks;
  wrong += other.wrong;
  sum += other.sum;
  due += other.due;
  if (!first) {
    first = other.first;
  }
}

void fill_blocks(BlockName first, std::uint64_t blocks, std::uint64_t* words) {
  static const Fill k_fill = widest().fill;
  k_fill(first, blocks, words);
}

BlockFindings check_blocks(BlockName first, std::uint64_t blocks, const std::uint64_t* words) {
  static const CompareOne k_compare = widest().compare;
  BlockFindings findings;
  findings.blocks = blocks;
  for (std::uint64_t block = 0; block < blocks; ++block) {
    if (k_compare(first, words, findings) != 0) {
      ++findings.wrong;
      if (!findings.first) {
        findings.first = mismatch_of(first, words);
      }
    }
    words += k_block_words;
    first.offset += k_block;
  }
  return findings;
}

}  // namespace assay::storage
