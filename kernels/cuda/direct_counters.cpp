#include "kernels/cuda/direct_counters.h"

#include <charconv>
#include <string_view>

namespace assay::cuda {
namespace {

constexpr unsigned k_mib = 20;

/// Of the first "name=123".
std::optional<std::uint64_t> mib_after(std::string_view text, std::string_view name) {
  const std::size_t place = text.find(name);
  if (place == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view number = text.substr(place + name.size());
  std::uint64_t mib = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), mib);
  return error == std::errc{} && mib >> (64U - k_mib) == 0 ? std::optional(mib << k_mib)
                                                           : std::nullopt;
}

}  // namespace

DirectCounters direct_counters_in(const std::string& text) {
  if (text.empty()) {
    return {.why_not = "/proc/driver/nvidia-fs/stats could not be read"};
  }
  // Those of peers have a switch of their own, later in the line.
  if (text.find("\nIO stats: Enabled") == std::string::npos) {
    return {.why_not = "nvidia-fs counts nothing: its parameter rw_stats_enabled is not set"};
  }
  DirectCounters counters{.read_bytes = mib_after(text, " readMiB="),
                          .written_bytes = mib_after(text, " writeMiB=")};
  if (!counters.read_bytes || !counters.written_bytes) {
    return {.why_not = "/proc/driver/nvidia-fs/stats has no bytes in it"};
  }
  return counters;
}

}  // namespace assay::cuda
