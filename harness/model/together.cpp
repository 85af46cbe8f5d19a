#include "harness/model/together.h"

#include <algorithm>
#include <set>
#include <utility>

#include "harness/model/lower_median.h"

namespace assay {
namespace {

constexpr Natural k_second_ns = 1'000'000'000;

/// Without overflow, whatever two journals claim.
Natural apart(std::int64_t a, std::int64_t b) {
  return static_cast<Natural>(std::max(a, b)) - static_cast<Natural>(std::min(a, b));
}

}  // namespace

Together::Together(const Contract& contract, const Clause& clause, const std::vector<Item>& roster,
                   const std::vector<ItemIndex>& parts)
    : roster_(roster), skew_s_(tolerances_of(contract.conditions).start_skew_s) {
  if (clause.concurrent != Concurrency::all_items || clause.scope == Scope::system) {
    return;
  }
  is_part_.resize(roster.size());
  for (const ItemIndex part : parts) {
    is_part_[part] = true;
    ++bound_[roster[part].node];
  }
}

void Together::take(const std::vector<Attempt>& attempts,
                    std::span<const std::uint32_t> of_clause) {
  std::map<RoundOfNode, std::vector<std::int64_t>> starts;
  std::set<std::pair<std::uint32_t, ItemIndex>> tried;
  for (const std::uint32_t index : of_clause) {
    const Attempt& attempt = attempts[index];
    if (attempt.item >= is_part_.size() || !is_part_[attempt.item]) {
      continue;
    }
    const RoundOfNode round{attempt.round, roster_[attempt.item].node};
    if (tried.emplace(attempt.round, attempt.item).second) {
      ++rounds_[round].tried;
    }
    if (attempt.ending == Ending::measured) {
      starts[round].push_back(attempt.start_ns);
    }
  }
  for (auto& [round, of_round] : starts) {
    rounds_[round].start_ns = lower_median(std::move(of_round));
  }
}

std::string Together::fault_of(const Attempt& attempt) const {
  const auto round = rounds_.find({attempt.round, roster_[attempt.item].node});
  if (round == rounds_.end() || attempt.ending != Ending::measured) {
    return "";
  }
  const Natural skew_ns = apart(attempt.start_ns, round->second.start_ns);
  // Two windows that lie by half of their length on both sides of the median don't overlap any
  // more.
  if (exceeds(skew_ns, k_second_ns, skew_s_) || skew_ns > attempt.elapsed_ns / 2) {
    return "began " + for_people({skew_ns, k_second_ns}, Dimension::time) +
           " apart from most windows of its node in round " + std::to_string(attempt.round);
  }
  const std::uint32_t bound = bound_.at(roster_[attempt.item].node);
  const std::uint32_t tried = round->second.tried;
  return tried < bound
             ? "ran in round " + std::to_string(attempt.round) + " with " + std::to_string(tried) +
                   " of the " + std::to_string(bound) + " items of its node"
             : "";
}

}  // namespace assay
