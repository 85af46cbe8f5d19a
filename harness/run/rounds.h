// What is still to be run: the judge is asked after each round which clauses are open.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/model/contract.h"
#include "harness/model/evidence.h"
#include "harness/model/judge.h"
#include "harness/model/roster.h"
#include "harness/run/plan.h"

namespace assay {

/// The state of a campaign on one node, from its evidence alone: a resumed campaign is in the state
/// of one that never stopped.
class Rounds {
 public:
  Rounds(const Contract& contract, const Plan& plan, std::uint32_t node);

  /// Takes the attempts found in a journal, or one more.
  void take(std::vector<Attempt> attempts, std::vector<Replacement> replacements);
  /// A new attempt, or the end of one taken before (its number says which).
  void take(const Attempt& attempt);

  /// The judgement on what is there, as if self-test and chain were fine.
  [[nodiscard]] Judgement judgement() const;

  /// Groups of items to be run at the same time under this clause in this round; none if the clause
  /// is decided, or if it had its runs in this round.
  [[nodiscard]] std::vector<std::vector<ItemIndex>> groups(std::size_t clause, std::uint32_t round,
                                                           const Judgement& judgement) const;
  /// Items that were as ordered before the load and must be looked at once more after it.
  [[nodiscard]] std::vector<ItemIndex> last_looks(std::size_t clause) const;
  /// Whether nothing but last looks was begun in `round`.
  [[nodiscard]] bool is_last_look(std::uint32_t round) const;
  /// Whether any clause needs another run.
  [[nodiscard]] bool open(const Judgement& judgement) const;

  /// Whether `round` has to wait for another day than `today` (UTC days since 1970): with it some
  /// item's runs would lie on fewer days than its look has reached. It goes by the runs that count
  /// for the item, since excused and superseded ones shift its looks against the rounds.
  [[nodiscard]] bool must_wait(std::uint32_t round, std::int64_t today) const;
  /// The round that comes if it has to wait for another day than `today` and nothing is left to do
  /// in `revealed`, the last one whose link is known; 0: there is something to do. `last`: of all.
  [[nodiscard]] std::uint32_t waiting(std::uint32_t revealed, std::uint32_t last,
                                      std::int64_t today) const;
  /// Of the contract's days, which one `round` is on, from 1.
  [[nodiscard]] std::uint32_t day_of(std::uint32_t round) const;

  /// Runs of a clause that count so far on the item that had most, and of its next look.
  [[nodiscard]] std::uint32_t runs(std::size_t clause) const;
  [[nodiscard]] std::uint32_t next_look(std::size_t clause) const;
  /// Nanoseconds of soaks and windows from `round` to the next look of every open clause, about.
  [[nodiscard]] std::int64_t time_left(std::uint32_t round, const Judgement& judgement) const;

  [[nodiscard]] const std::vector<Item>& roster() const { return roster_; }
  /// Of this node: attempts()[i] has number i + 1.
  [[nodiscard]] const std::vector<Attempt>& attempts() const { return evidence_.attempts; }
  /// Items of this node that the clause binds, in the roster's order.
  [[nodiscard]] const std::vector<ItemIndex>& parts(std::size_t clause) const {
    return parts_[clause];
  }

 private:
  /// Of the runs that count for the item, in their order.
  [[nodiscard]] std::vector<std::int64_t> days_of(std::size_t clause, ItemIndex item) const;
  [[nodiscard]] std::uint32_t runs_of(std::size_t clause, ItemIndex item) const;
  [[nodiscard]] bool lacks_a_day(std::size_t clause, ItemIndex item, std::int64_t today) const;
  [[nodiscard]] bool needs_run(std::size_t clause, ItemIndex item,
                               const Judgement& judgement) const;
  [[nodiscard]] bool was_in(std::size_t clause, ItemIndex item, std::uint32_t round) const;
  [[nodiscard]] const PlannedRound& planned(std::uint32_t round) const;

  const Contract& contract_;
  const Plan& plan_;
  std::vector<Item> roster_;
  std::vector<std::vector<ItemIndex>> parts_;  ///< Of each clause, on this node.
  Evidence evidence_;
};

}  // namespace assay
