// The median of an even number of values is the lower one of the two in the middle: one that was
// seen, and no mean of two.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace assay {

/// Precondition: not empty.
template <class T>
[[nodiscard]] T lower_median(std::vector<T> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace assay
