#include "harness/run/link_times.h"

#include <algorithm>
#include <utility>

#include "kernels/link_rounds.h"

namespace assay {

LinkTimes::LinkTimes(const CollectiveProblem& problem, std::vector<std::uint32_t> places)
    : problem_(problem), places_(std::move(places)) {
  clear();
}

void LinkTimes::clear() {
  const std::size_t ranks = places_.size();
  sums_.assign(ranks * (ranks - 1) / 2, {});
}

std::size_t LinkTimes::index_of(std::uint32_t one, std::uint32_t other) {
  const std::size_t low = std::min(one, other);
  const std::size_t high = std::max(one, other);
  return high * (high - 1) / 2 + low;
}

void LinkTimes::add(std::uint32_t round, const std::vector<std::int64_t>& end_ns,
                    const std::vector<std::int64_t>& late_ns) {
  const bool is_pairs = problem_.pattern == CollectiveProblem::Pattern::pairs;
  for (std::uint32_t rank = 0; rank < end_ns.size(); ++rank) {
    const LinkTurn turn = link_turn(problem_, round, rank);
    const auto other = static_cast<std::uint32_t>(turn.to);
    if (turn.to == LinkTurn::k_nobody || (is_pairs && rank > other)) {
      continue;
    }
    const bool sends_only = turn.from == LinkTurn::k_nobody;
    Sum& sum = sums_[index_of(rank, other)];
    const std::int64_t last_ns = sends_only ? end_ns[rank] : std::max(end_ns[rank], end_ns[other]);
    const std::int64_t first_ns = std::max(late_ns[rank], late_ns[other]);
    sum.total_ns += std::max<std::int64_t>(last_ns - first_ns, 0);
    ++sum.messages;
  }
}

std::vector<Noted> LinkTimes::notes() const {
  struct Link {
    std::int64_t mean_ns;
    std::uint32_t low, high;  // places
  };
  std::vector<Link> links;
  const std::uint32_t last = *std::max_element(places_.begin(), places_.end());
  std::vector<std::int64_t> fastest_of(std::size_t{last} + 1, -1);  // by place
  for (std::uint32_t high = 1; high < places_.size(); ++high) {
    for (std::uint32_t low = 0; low < high; ++low) {
      const Sum& sum = sums_[index_of(low, high)];
      if (sum.messages == 0) {
        return {};
      }
      const Link link{sum.total_ns / sum.messages, std::min(places_[low], places_[high]),
                      std::max(places_[low], places_[high])};
      links.push_back(link);
      for (const std::uint32_t place : {link.low, link.high}) {
        std::int64_t& fastest = fastest_of[place];
        fastest = fastest < 0 ? link.mean_ns : std::min(fastest, link.mean_ns);
      }
    }
  }
  std::sort(links.begin(), links.end(),
            [](const Link& a, const Link& b) { return a.mean_ns < b.mean_ns; });
  const auto slowest_rank = std::max_element(fastest_of.begin(), fastest_of.end());
  const Link& slowest = links.back();
  return {{"links_count", static_cast<std::int64_t>(links.size()), ""},
          {"links_fastest_ns", links.front().mean_ns, ""},
          {"links_median_ns", links[(links.size() - 1) / 2].mean_ns, ""},
          {"links_slowest_ns", slowest.mean_ns, ""},
          {"links_slowest_low_rank", slowest.low, ""},
          {"links_slowest_high_rank", slowest.high, ""},
          {"links_slowest_rank", slowest_rank - fastest_of.begin(), ""},
          {"links_slowest_rank_ns", *slowest_rank, ""}};
}

}  // namespace assay
