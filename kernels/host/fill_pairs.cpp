#include "kernels/host/fill_pairs.h"

#include "kernels/host/host_type.h"
#include "kernels/host/parallel.h"

namespace assay {

void fill_pairs(NumberType type, std::uint64_t count, std::byte* data,
                const std::function<AttentionPattern::Pair(std::uint64_t)>& pair_at) {
  constexpr std::uint64_t k_grain = std::uint64_t{1} << 13U;
  parallel_ranges(count, k_grain, [&](std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t i = first; i < last; ++i) {
      const AttentionPattern::Pair pair = pair_at(i);
      store_element(type, data, 2 * i, static_cast<double>(pair.first));
      store_element(type, data, 2 * i + 1, static_cast<double>(pair.second));
    }
  });
}

}  // namespace assay
