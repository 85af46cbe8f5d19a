// A measured value and what it is compared with.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

#include "harness/model/contract.h"
#include "harness/model/evidence.h"

namespace assay {

/// numerator x scale / denominator, in the base unit of its dimension.
struct Value {
  Natural numerator = 0;
  Natural scale = 1;
  Natural denominator = 1;
};

/// Rates: work per second; times: that of a step; bytes, watts and counts: the work itself. The
/// time is the window's, or that of its steps alone where the case times each. None where the
/// window has no length, and for percentages, which no case measures.
[[nodiscard]] std::optional<Value> value_of(const Attempt& attempt);

[[nodiscard]] std::strong_ordering compare(const Value& left, const Value& right);

/// For people; where 128 bits do not hold the value it is rounded to whole denominators.
[[nodiscard]] Ratio ratio_of(const Value& value);

/// Compares the values of one clause with its limit, floor and plausible bound.
class Yardstick {
 public:
  /// `reduced`: the evidence is marked so, and its windows may be shorter than the contract's.
  Yardstick(const Contract& contract, const Clause& clause, bool reduced);

  /// By the limit, the guard band in the buyer's favour. True where the clause has no limit.
  [[nodiscard]] bool misses_limit(const Value& value) const;
  /// By every_run, the guard band in the buyer's favour.
  [[nodiscard]] bool breaks_floor(const Value& value) const;
  /// Better than can be, without guard band.
  [[nodiscard]] bool implausible(const Value& value) const;
  /// `left` is worse than `right`: smaller, or larger for times.
  [[nodiscard]] bool is_worse(const Value& left, const Value& right) const;
  [[nodiscard]] bool other_dimension(const Attempt& attempt) const;
  /// False for a value over less than the clause's window: a burst shows nothing sustained.
  [[nodiscard]] bool fills_window(const Attempt& attempt) const;
  [[nodiscard]] bool fills_window(Natural elapsed_ns) const;
  [[nodiscard]] bool larger_is_better() const {
    return clause_->comparator == Comparator::at_least;
  }

 private:
  [[nodiscard]] std::strong_ordering guarded_compare(const Value& value,
                                                     const Quantity& limit) const;
  [[nodiscard]] bool is_bad_side(std::strong_ordering against) const;

  const Clause* clause_;
  Natural guard_;  ///< What a value is multiplied with, in parts per billion.
  bool reduced_;
};

}  // namespace assay
