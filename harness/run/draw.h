// Numbers drawn from a seed: the same on every machine, unknown before the seed is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "reports/digest.h"

namespace assay {

/// HMAC-SHA-256 in counter mode, read as 64-bit numbers, big-endian.
class Draw {
 public:
  explicit Draw(const Digest& seed) : seed_(seed) {}

  /// Uniform in 0 .. bound-1, without bias. Precondition: bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);

 private:
  std::uint64_t next();

  Digest seed_;
  Digest digest_{};
  std::uint64_t counter_ = 0;
  std::size_t used_ = sizeof(Digest);
};

/// A permutation of 0 .. size-1, drawn only as far as it is used; after the last one it begins anew
/// with another permutation.
class DrawnOrder {
 public:
  DrawnOrder(std::uint64_t size, const Digest& seed) : size_(size), draw_(seed) {}

  [[nodiscard]] std::uint64_t next();

 private:
  std::uint64_t size_;
  Draw draw_;
  std::uint64_t used_ = 0;
  std::unordered_map<std::uint64_t, std::uint64_t> moved_;  ///< Fisher-Yates, sparse.
};

}  // namespace assay
