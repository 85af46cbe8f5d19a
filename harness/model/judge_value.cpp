#include "harness/model/judge_value.h"

#include <array>
#include <utility>

#include "harness/model/judge.h"

namespace assay {
namespace {

constexpr Natural k_billion = 1'000'000'000;

Natural common_factor(Natural a, Natural b) {
  while (b != 0) {
    a = std::exchange(b, a % b);
  }
  return a;
}

}  // namespace

std::optional<Value> value_of(const Attempt& attempt) {
  const Natural time_ns = attempt.timed_ns > 0 ? attempt.timed_ns : attempt.elapsed_ns;
  switch (attempt.dimension) {
    case Dimension::flop_rate:
    case Dimension::op_rate:
    case Dimension::byte_rate:
      if (time_ns == 0) {
        return std::nullopt;
      }
      return Value{attempt.work, k_billion, time_ns};
    case Dimension::time: {
      Natural denominator = 0;
      if (time_ns == 0 || attempt.work == 0 ||
          __builtin_mul_overflow(attempt.work, k_billion, &denominator)) {
        return std::nullopt;
      }
      return Value{time_ns, 1, denominator};
    }
    case Dimension::bytes:
    case Dimension::power:
    case Dimension::count: return Value{attempt.work, 1, 1};
    case Dimension::percent: break;
  }
  return std::nullopt;
}

std::strong_ordering compare(const Value& left, const Value& right) {
  return compare_products(std::array{left.numerator, left.scale, right.denominator},
                          std::array{right.numerator, right.scale, left.denominator});
}

Ratio ratio_of(const Value& value) {
  const Natural factor = common_factor(value.scale, value.denominator);
  const Natural scale = value.scale / factor;
  const Natural denominator = value.denominator / factor;
  Natural numerator = 0;
  if (!__builtin_mul_overflow(value.numerator, scale, &numerator)) {
    return {numerator, denominator};
  }
  return {quotient_floor(std::array{value.numerator, scale}, denominator), 1};
}

Yardstick::Yardstick(const Contract& contract, const Clause& clause, bool reduced)
    : clause_(&clause), guard_(k_billion), reduced_(reduced) {
  const Natural band = guard_band_ppb(contract, clause);
  guard_ = larger_is_better() ? k_billion - band : k_billion + band;
}

std::strong_ordering Yardstick::guarded_compare(const Value& value, const Quantity& limit) const {
  return compare_products(std::array{value.numerator, value.scale, guard_, limit.base.denominator},
                          std::array{limit.base.numerator, value.denominator, k_billion});
}

bool Yardstick::is_bad_side(std::strong_ordering against) const {
  return larger_is_better() ? std::is_lt(against) : std::is_gt(against);
}

bool Yardstick::misses_limit(const Value& value) const {
  return !clause_->limit || is_bad_side(guarded_compare(value, *clause_->limit));
}

bool Yardstick::breaks_floor(const Value& value) const {
  return clause_->every_run && is_bad_side(guarded_compare(value, *clause_->every_run));
}

bool Yardstick::implausible(const Value& value) const {
  if (!clause_->plausible) {
    return false;
  }
  const Ratio& bound = clause_->plausible->base;
  return is_worse(Value{bound.numerator, 1, bound.denominator}, value);
}

bool Yardstick::is_worse(const Value& left, const Value& right) const {
  return is_bad_side(compare(left, right));
}

bool Yardstick::other_dimension(const Attempt& attempt) const {
  if (clause_->rule == Rule::once) {
    return false;
  }
  if (clause_->rule == Rule::poisson) {
    return attempt.dimension != Dimension::count;
  }
  return clause_->limit && attempt.dimension != clause_->limit->dimension;
}

bool Yardstick::fills_window(const Attempt& attempt) const {
  return fills_window(attempt.elapsed_ns);
}

bool Yardstick::fills_window(Natural elapsed_ns) const {
  if (reduced_ || !clause_->window) {
    return true;
  }
  const Ratio& window = clause_->window->base;
  return std::is_gteq(compare_products(std::array{elapsed_ns, window.denominator},
                                       std::array{window.numerator, k_billion}));
}

}  // namespace assay
