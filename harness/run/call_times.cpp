#include "harness/run/call_times.h"

#include <algorithm>
#include <bit>

namespace assay {
namespace {

constexpr unsigned k_bits = 7;  // 128 bins for each doubling
constexpr unsigned k_time_bits = 63;

/// Times below 256 ns have a bin each; a longer one has as many low bits cut off as leave eight.
std::size_t bin_of(std::uint64_t time_ns) {
  const auto width = static_cast<unsigned>(std::bit_width(time_ns));
  const unsigned cut = width > k_bits + 1 ? width - (k_bits + 1) : 0;
  return static_cast<std::size_t>((std::uint64_t{cut} << k_bits) + (time_ns >> cut));
}

/// The longest time in a bin.
std::int64_t end_of(std::size_t bin) {
  const std::uint64_t per_doubling = std::uint64_t{1} << k_bits;
  const std::uint64_t cut = bin < 2 * per_doubling ? 0 : bin / per_doubling - 1;
  const std::uint64_t first = (bin - (cut << k_bits)) << cut;
  return static_cast<std::int64_t>(first + (std::uint64_t{1} << cut) - 1);
}

}  // namespace

void CallTimes::add(std::int64_t time_ns) {
  ++count_;
  longest_ns_ = std::max(longest_ns_, time_ns);
  if (bins_.empty() && kept_.size() < most_kept_) {
    kept_.push_back(time_ns);
    return;
  }
  if (bins_.empty()) {
    bins_.assign(bin_of((std::uint64_t{1} << k_time_bits) - 1) + 1, 0);
    for (const std::int64_t kept : kept_) {
      count_in_bin(kept);
    }
    kept_ = {};
  }
  count_in_bin(time_ns);
}

void CallTimes::count_in_bin(std::int64_t time_ns) {
  ++bins_[bin_of(static_cast<std::uint64_t>(time_ns))];
}

std::int64_t CallTimes::quantile_ns(unsigned percent) const {
  constexpr std::int64_t k_hundred = 100;
  const std::int64_t rank =
      std::max<std::int64_t>((count_ * std::int64_t{percent} + k_hundred - 1) / k_hundred, 1);
  if (bins_.empty()) {
    std::vector<std::int64_t> times = kept_;
    const auto place = times.begin() + static_cast<std::ptrdiff_t>(rank - 1);
    std::nth_element(times.begin(), place, times.end());
    return *place;
  }
  std::int64_t seen = 0;
  for (std::size_t bin = 0; bin < bins_.size(); ++bin) {
    seen += bins_[bin];
    if (seen >= rank) {
      return std::min(end_of(bin), longest_ns_);
    }
  }
  return longest_ns_;
}

}  // namespace assay
