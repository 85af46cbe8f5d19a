#include "reports/end_check.h"

#include "harness/model/exact.h"

namespace assay {
namespace {

constexpr Natural k_ns_per_s = 1'000'000'000;

Error bad(std::string sentence) { return {Error::Code::bad_input, std::move(sentence)}; }

/// part / whole > share
bool exceeds(Natural part, Natural whole, const Quantity& share) {
  return compare(Ratio{.numerator = part, .denominator = whole}, share.base) > 0;
}

Natural distance(Natural a, Natural b) { return a > b ? a - b : b - a; }

}  // namespace

Result<Done> check_conditions(const EndLine& end, const WindowLength& window, const Clause& clause,
                              const Conditions& conditions) {
  const bool measured = end.ending == Ending::measured;
  const std::string elapsed = to_decimal(window.elapsed_ns);
  const Ratio seconds{.numerator = window.elapsed_ns, .denominator = k_ns_per_s};
  if (measured && clause.window && compare(seconds, clause.window->base) < 0) {
    return bad("elapsed_ns: the window lasted " + elapsed + " ns, but clause " + clause.id +
               " asks for " + clause.window->text);
  }
  const bool gap =
      conditions.block_gap && exceeds(window.gap_ns, window.elapsed_ns, *conditions.block_gap);
  if (measured && gap) {
    return bad("ending: is measured, but the gaps of " + to_decimal(window.gap_ns) + " ns in " +
               elapsed + " ns exceed the contract's " + conditions.block_gap->text);
  }
  const Natural apart = distance(end.clock_ns, window.elapsed_ns);
  const bool clock = conditions.clock_disagreement &&
                     exceeds(apart, window.elapsed_ns, *conditions.clock_disagreement);
  if (measured && clock) {
    return bad("ending: is measured, but the clocks disagree by " + to_decimal(apart) + " ns in " +
               elapsed + " ns, more than the contract's " + conditions.clock_disagreement->text);
  }
  if (end.ending == Ending::gap && conditions.block_gap && !gap) {
    return bad("ending: is gap, but the gaps of " + to_decimal(window.gap_ns) + " ns in " +
               elapsed + " ns are within the contract's " + conditions.block_gap->text);
  }
  if (end.ending == Ending::clock && conditions.clock_disagreement && !clock) {
    return bad("ending: is clock, but the clocks disagree by " + to_decimal(apart) + " ns in " +
               elapsed + " ns, within the contract's " + conditions.clock_disagreement->text);
  }
  return Done{};
}

}  // namespace assay
