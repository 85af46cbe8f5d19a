// How long each link between two ranks took in network.links, and which is the slowest.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/backend.h"

namespace assay {

class LinkTimes {
 public:
  /// `places`: of the ranks, as their launcher laid them out, or the numbers of their devices, of
  /// which there may be more; they keep their meaning from run to run, and ranks don't.
  LinkTimes(const CollectiveProblem& problem, std::vector<std::uint32_t> places);

  /// Of one round, by rank, after its common start: when it ended, and how late it began (0: not).
  /// A link's time goes from when both of its ranks were there to the end of the later one; of an
  /// incast, to that of its sender. Whoever heard of the start too late has no slow link for that.
  void add(std::uint32_t round, const std::vector<std::int64_t>& end_ns,
           const std::vector<std::int64_t>& late_ns);
  void clear();

  /// Means over all messages of a link; none before the first. As report_format.md says.
  [[nodiscard]] std::vector<Noted> notes() const;

 private:
  struct Sum {
    std::int64_t total_ns = 0, messages = 0;
  };
  [[nodiscard]] static std::size_t index_of(std::uint32_t one, std::uint32_t other);

  CollectiveProblem problem_;
  std::vector<std::uint32_t> places_;
  std::vector<Sum> sums_;  // by pair
};

}  // namespace assay
