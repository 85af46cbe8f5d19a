#include "reports/end_check.h"

#include <algorithm>
#include <tuple>

#include "harness/model/step_size.h"
#include "harness/model/tolerances.h"
#include "reports/io_witness.h"
#include "reports/path_witness.h"
#include "reports/slow_link.h"
#include "reports/time_of_day.h"

namespace assay {
namespace {

constexpr Natural k_billion = 1'000'000'000;

Error bad(std::string sentence) {
  return {Error::Code::bad_input, std::move(sentence)};
}

std::string percent_of(const Ratio& share) {
  return significant({.numerator = share.numerator * 100, .denominator = share.denominator}) + " %";
}

/// Whether the clause's window was filled; a shorter one ends as `gap` whatever its gaps.
bool is_short(Natural elapsed_ns, const Clause& clause) {
  return clause.window &&
         compare(Ratio{.numerator = elapsed_ns, .denominator = k_billion}, clause.window->base) < 0;
}

}  // namespace

Result<Done> check_conditions(const EndLine& end, const WindowLength& window, const Clause& clause,
                              const Conditions& conditions) {
  const Tolerances allowed = tolerances_of(conditions);
  const Natural apart = end.clock_ns > window.elapsed_ns ? end.clock_ns - window.elapsed_ns
                                                         : window.elapsed_ns - end.clock_ns;
  const bool gap = exceeds(window.gap_ns, window.elapsed_ns, allowed.gap);
  const bool clock = exceeds(apart, window.elapsed_ns, allowed.clock);
  const std::string gaps = "the gaps are " + to_decimal(window.gap_ns) + " ns of " +
                           to_decimal(window.elapsed_ns) + " ns, and the contract allows " +
                           percent_of(allowed.gap);
  const std::string clocks = "the clocks disagree by " + to_decimal(apart) + " ns in " +
                             to_decimal(window.elapsed_ns) + " ns, and the contract allows " +
                             percent_of(allowed.clock);
  if (end.ending == Ending::measured && (gap || clock)) {
    return bad("ending: is measured, but " + (gap ? gaps : clocks));
  }
  if (end.ending == Ending::gap && !gap && !is_short(window.elapsed_ns, clause)) {
    return bad("ending: is gap, but " + gaps);
  }
  if (end.ending == Ending::clock && !clock) {
    return bad("ending: is clock, but " + clocks);
  }
  return Done{};
}

Result<Done> check_window_times(const EndLine& end, const Clause& clause,
                                std::int64_t begun_at_ns) {
  if (end.timed_ns.has_value() != (end.blocks && times_each_step(clause.case_id, clause.params))) {
    return bad(end.timed_ns ? "timed_ns: " + clause.case_id + " does not time each step"
                            : "timed_ns: is missing of a window of " + clause.case_id);
  }
  if (end.timed_ns && (*end.timed_ns == 0 || *end.timed_ns > end.elapsed_ns)) {
    return bad("timed_ns: is 0 or more than the window, " + to_decimal(end.elapsed_ns));
  }
  if (!end.blocks) {
    return Done{};
  }
  const auto start = static_cast<Natural>(end.start_ns);
  const Natural length = end.elapsed_ns;
  if (end.start_ns < begun_at_ns - k_window_slack_ns ||
      start + length > static_cast<Natural>(end.at_ns) + k_window_slack_ns) {
    return bad("start_ns: the window is not between the begin and the end of its attempt");
  }
  const auto since_begin = static_cast<Natural>(
      std::max<std::int64_t>(end.start_ns + k_window_slack_ns - begun_at_ns, 0));
  if (end.ending == Ending::measured && clause.soak &&
      compare(Ratio{.numerator = since_begin, .denominator = k_ns_per_second}, clause.soak->base) <
          0) {
    return bad("start_ns: the window begins sooner after the begin of its attempt than " +
               clause.soak->text + ", the soak that the contract wants");
  }
  return Done{};
}

Result<Done> check_rule(const EndLine& end, const Clause& clause) {
  if (clause.rule == Rule::once) {
    if (!is_finding(clause.case_id)) {
      return bad("clause: " + clause.id + " compares " + clause.case_id +
                 " with an order, and this program can't");
    }
    if (end.blocks || end.checked > 0) {
      return bad("blocks: clause " + clause.id + " finds and measures nothing");
    }
    return Done{};
  }
  if (end.matching > 0 || end.found) {
    return bad(std::string(end.found ? "found" : "matching") + ": clause " + clause.id +
               " has another rule than 'once'");
  }
  const bool has_value = end.ending == Ending::measured || end.ending == Ending::wrong_result;
  if ((has_value || end.checked > 0) && !end.blocks) {
    return bad("blocks: is missing, but the ending is " + std::string(name_of(end.ending)));
  }
  return Done{};
}

Result<Done> check_device(const EndLine& end, const Clause& clause, const OrderedGpu& ordered) {
  if (end.bound.has_value() != (end.blocks && states_bound(clause))) {
    return bad(end.bound ? "bound: this is no window of a matrix product"
                         : "bound: is missing of a window of " + clause.case_id);
  }
  if (end.bound) {
    if (auto checked = check_bound(*end.bound, clause); !checked) {
      return checked;
    }
    const auto& [clock, highest] = std::tie(end.bound->clock_khz, end.shown.clock_max_khz);
    if (clock && highest && *clock > *highest) {
      return bad("bound.clock_khz: is " + std::to_string(*clock) +
                 ", the mean of a window in which telemetry saw " + std::to_string(*highest) +
                 " at most");
    }
  }
  const bool is_other = end.ending == Ending::power_limit || end.ending == Ending::gpu_state;
  if (!end.blocks) {
    return is_other ? Result<Done>(bad("blocks: is missing, but the ending is " +
                                       std::string(name_of(end.ending))))
                    : Result<Done>(Done{});
  }
  const StateInWindow state = state_in_window(ordered, end.shown);
  if (end.ending == Ending::measured && state.ending != Ending::measured) {
    return bad("ending: is measured, but " + state.note);
  }
  if ((is_other || end.ending == Ending::no_telemetry) && state.ending != end.ending) {
    return bad("ending: is " + std::string(name_of(end.ending)) + ", but telemetry " +
               (state.ending == Ending::measured
                    ? "shows the ordered state"
                    : "makes it " + std::string(name_of(state.ending))));
  }
  return Done{};
}

Result<Done> check_io_witness(const EndLine& end, const Clause& clause) {
  if (!needs_io_witness(clause.case_id)) {
    const bool is_odd = end.ending == Ending::unwitnessed && !needs_path_witness(clause.case_id);
    return is_odd ? Result<Done>(
                        bad("ending: is unwitnessed, but " + clause.case_id + " moves no files"))
                  : Result<Done>(Done{});
  }
  if (!end.blocks) {
    return Done{};
  }
  const std::string fault = io_fault_of(clause.case_id, clause.params, end.telemetry, end.work);
  if (end.ending == Ending::measured && !fault.empty()) {
    return bad("ending: is measured, but " + fault);
  }
  if (end.ending == Ending::unwitnessed && fault.empty()) {
    return bad("ending: is unwitnessed, but the telemetry shows that the bytes were moved");
  }
  return Done{};
}

Result<Done> check_messages(const EndLine& end, const Clause& clause) {
  if (!end.blocks) {
    return Done{};
  }
  if (end.ending == Ending::measured && names_slow_link(clause.case_id) &&
      end.note != slow_link_of(end.telemetry)) {
    return bad("note: does not name the link that telemetry shows as the slowest");
  }
  if (!needs_path_witness(clause.case_id)) {
    return Done{};
  }
  const Natural steps = end.dimension == Dimension::time ? end.work
                        : end.work_per_step > 0          ? end.work / end.work_per_step
                                                         : 0;
  const std::string fault = path_fault_of(clause.params, end.telemetry, steps);
  if (end.ending == Ending::measured && !fault.empty()) {
    return bad("ending: is measured, but " + fault);
  }
  if (end.ending == Ending::unwitnessed && fault.empty()) {
    return bad("ending: is unwitnessed, but the telemetry shows that messages went as stated");
  }
  return Done{};
}

Result<Done> check_found(const EndLine& end, const Order& order, const MachineFacts* before,
                         bool marked_replayed) {
  if (!end.found) {
    const bool claims = end.ending == Ending::measured || end.ending == Ending::no_telemetry;
    return claims || end.matching > 0 ? Result<Done>(bad("found: is missing, but the ending is " +
                                                         std::string(name_of(end.ending))))
                                      : Result<Done>(Done{});
  }
  if (end.found->source == "replay" && !marked_replayed) {
    return bad("found: is a recording, and the session is not marked so");
  }
  const Found stated = state_of(order, *end.found, before);
  if (end.ending != stated.ending) {
    return bad("ending: is " + std::string(name_of(end.ending)) + ", but what was found makes it " +
               std::string(name_of(stated.ending)) +
               (stated.note.empty() ? "" : ": " + stated.note));
  }
  if (end.matching != stated.matching) {
    return bad("matching: is " + std::to_string(end.matching) + ", but what was found makes it " +
               std::to_string(stated.matching) + (stated.note.empty() ? "" : ": " + stated.note));
  }
  if (end.note != stated.note) {
    return bad("note: is not what was found: " + stated.note);
  }
  if (end.serial != stated.serial) {
    return bad("serial: is '" + end.serial + "', but what was found has '" + stated.serial + "'");
  }
  return Done{};
}

}  // namespace assay
