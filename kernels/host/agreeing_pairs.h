// In how many live pairs rows of Q and K agree, from the seed: see kernels/attention_plan.h.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/attention_plan.h"

namespace assay {

class AgreeingPairs {
 public:
  /// Of `keys` rows of K from `first_key` on.
  AgreeingPairs(const AttentionPattern& pattern, std::uint64_t first_key, std::uint64_t keys);

  /// Writes the number of each of keys first .. last-1 (of those above) and the row of Q that
  /// begins with this block of pairs.
  void count(std::uint64_t first_block, std::uint64_t first, std::uint64_t last,
             std::uint8_t* to) const;

 private:
  const AttentionPattern* pattern_;
  std::uint64_t keys_;
  std::vector<std::uint8_t> signs_;  // 1 where b is -1; of each pair, of all keys.
};

}  // namespace assay
