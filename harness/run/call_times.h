// How long calls took: their quantiles by nearest rank.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace assay {

/// All times are kept as long as there are no more than `most_kept`, and quantiles are exact; of
/// more, those in bins whose width is at most 1/128 of the times in them (log-linear), and a
/// quantile is its bin's upper end: too long by at most that.
class CallTimes {
 public:
  static constexpr std::size_t k_most_kept = std::size_t{1} << 22U;
  static constexpr std::int64_t k_bin_error_ppm = 7813;  ///< 1/128, rounded up.

  explicit CallTimes(std::size_t most_kept = k_most_kept) : most_kept_(most_kept) {}

  void add(std::int64_t time_ns);  ///< Precondition: from 0.
  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] std::int64_t longest_ns() const { return longest_ns_; }
  /// The shortest time that at least `percent` of all calls don't exceed. Precondition: count() >
  /// 0, percent from 1 to 100.
  [[nodiscard]] std::int64_t quantile_ns(unsigned percent) const;
  /// By how much a quantile may be too long: 0 or k_bin_error_ppm.
  [[nodiscard]] std::int64_t error_ppm() const { return bins_.empty() ? 0 : k_bin_error_ppm; }

 private:
  void count_in_bin(std::int64_t time_ns);

  std::size_t most_kept_;
  std::int64_t count_ = 0, longest_ns_ = 0;
  std::vector<std::int64_t> kept_;
  std::vector<std::int64_t> bins_;
};

}  // namespace assay
