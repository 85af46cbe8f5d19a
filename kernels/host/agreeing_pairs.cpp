#include "kernels/host/agreeing_pairs.h"

#include <algorithm>

namespace assay {

AgreeingPairs::AgreeingPairs(const AttentionPattern& pattern, std::uint64_t first_key,
                             std::uint64_t keys)
    : pattern_(&pattern), keys_(keys), signs_(pattern.pairs() * keys) {
  std::uint64_t index = first_key * pattern.pairs();
  std::uint64_t word = pattern.key_signs(index);
  for (std::uint64_t j = 0; j < keys; ++j) {
    for (std::uint64_t pair = 0; pair < pattern.pairs(); ++pair, ++index) {
      word = index % 64 == 0 ? pattern.key_signs(index) : word;
      signs_[pair * keys + j] = static_cast<std::uint8_t>(word >> (index % 64) & 1U);
    }
  }
}

void AgreeingPairs::count(std::uint64_t first_block, std::uint64_t first, std::uint64_t last,
                          std::uint8_t* to) const {
  std::fill_n(to, last - first, std::uint8_t{0});
  for (std::uint64_t block = 0; block < pattern_->rule().live; ++block) {
    const auto at = pattern_->live_pair(first_block + block);
    const std::uint64_t pair = block * pattern_->pairs_in_block() + at.place;
    const std::uint8_t* const signs = &signs_[pair * keys_ + first];
    const auto opposite = static_cast<std::uint8_t>(at.negative ? 0 : 1);
    for (std::uint64_t j = 0; j < last - first; ++j) {
      to[j] = static_cast<std::uint8_t>(to[j] + (signs[j] ^ opposite));
    }
  }
}

}  // namespace assay
