#include "reports/slow_link.h"

#include <algorithm>
#include <cstdint>

#include "harness/model/step_size.h"

namespace assay {
namespace {

/// "2.5" of 5 and 2; the second is at least 1.
std::string times_of(std::int64_t whole, std::int64_t part) {
  constexpr std::int64_t k_ten = 10;
  const std::int64_t tenths = whole / part * k_ten + whole % part * k_ten / part;
  return std::to_string(tenths / k_ten) + "." + std::to_string(tenths % k_ten);
}

}  // namespace

bool names_slow_link(std::string_view case_id) {
  return case_id == k_links_case;
}

std::string slow_link_of(const Readings& telemetry) {
  bool all = true;
  const auto shown = [&](const char* name) -> std::int64_t {
    const auto found = telemetry.find(name);
    const bool is_there =
        found != telemetry.end() && found->second.value && *found->second.value >= 0;
    all = all && is_there;
    return is_there ? *found->second.value : 0;
  };
  const std::int64_t count = shown("links_count");
  const std::int64_t fastest_ns = std::max<std::int64_t>(shown("links_fastest_ns"), 1);
  const std::int64_t slowest_ns = shown("links_slowest_ns");
  const std::int64_t low = shown("links_slowest_low_rank");
  const std::int64_t high = shown("links_slowest_high_rank");
  const std::int64_t rank = shown("links_slowest_rank");
  const std::int64_t rank_ns = shown("links_slowest_rank_ns");
  if (!all) {
    return "";
  }
  const std::string sentence = "the slowest of " + std::to_string(count) +
                               " links is that between ranks " + std::to_string(low) + " and " +
                               std::to_string(high) + ", " + times_of(slowest_ns, fastest_ns) +
                               " times the fastest one's time";
  const bool is_ranks_own = count > 1 && rank_ns / 2 >= fastest_ns;
  return is_ranks_own ? sentence + "; every link of rank " + std::to_string(rank) +
                            " takes at least " + times_of(rank_ns, fastest_ns) + " times that"
                      : sentence;
}

}  // namespace assay
