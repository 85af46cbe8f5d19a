// Whether the items of a round were measured at the same time, where the clause wants them to load
// the machine together.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "harness/model/evidence.h"
#include "harness/model/tolerances.h"

namespace assay {

/// One clause on single items with `concurrent` all_items; of other clauses nothing is wanted here:
/// a system has its own common window. Refers to its arguments, which must outlive it.
class Together {
 public:
  /// `parts`: what the clause binds.
  Together(const Contract& contract, const Clause& clause, const std::vector<Item>& roster,
           const std::vector<ItemIndex>& parts);

  /// All attempts of the clause: `of_clause` are indices into `attempts`.
  void take(const std::vector<Attempt>& attempts, std::span<const std::uint32_t> of_clause);

  /// What a measured attempt was without: "" if its window began within start_skew and half of its
  /// own length of the median of its node's measured windows in that round, and every other item of
  /// the node was tried in that round, too. Nodes run by themselves: what one does makes nothing of
  /// the others invalid.
  [[nodiscard]] std::string fault_of(const Attempt& attempt) const;

 private:
  using RoundOfNode = std::pair<std::uint32_t, std::uint32_t>;
  struct Round {
    std::int64_t start_ns = 0;  ///< The median of the measured windows.
    std::uint32_t tried = 0;    ///< How many items.
  };

  const std::vector<Item>& roster_;
  Ratio skew_s_;
  std::vector<bool> is_part_;                     // empty where nothing is wanted
  std::map<std::uint32_t, std::uint32_t> bound_;  // by node: how many items
  std::map<RoundOfNode, Round> rounds_;
};

}  // namespace assay
