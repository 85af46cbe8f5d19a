#include "harness/run/attempt_end.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "harness/model/ordered_gpu.h"
#include "reports/bound_line.h"
#include "reports/digest.h"
#include "reports/machine_facts.h"
#include "reports/operand_seed.h"
#include "reports/slow_link.h"

namespace assay {
namespace {

std::string decimal(std::int64_t value) {
  return to_decimal(static_cast<Natural>(std::max<std::int64_t>(value, 0)));
}

/// An object that was not there when the campaign began; "" if there is none.
std::string foreign_object(const Launched& launched, const EndRules& rules) {
  for (const ObjectDigest& object : launched.objects) {
    if (!rules.known_objects.contains(object)) {
      return object.name;
    }
  }
  return "";
}

/// What was found makes the ending, unless something foreign may have answered.
void take_found(const AttemptBegin& begin, const Launched& launched, const EndRules& rules,
                AttemptEnd& end) {
  Attempt& attempt = end.attempt;
  assert(begin.order);
  const std::string foreign = foreign_object(launched, rules);
  if (!foreign.empty()) {
    attempt.ending = Ending::foreign_environment;
    attempt.note = "mapped object " + foreign + " was not there when the campaign began";
    return;
  }
  Found stated = state_of(*begin.order, *launched.found, begin.before ? &*begin.before : nullptr);
  attempt.ending = stated.ending;
  attempt.matching = stated.matching;
  attempt.note = std::move(stated.note);
  attempt.serial = std::move(stated.serial);
  end.line.emplace_back("found", json_of(*launched.found));
  end.line.emplace_back("matching", static_cast<std::int64_t>(attempt.matching));
}

Natural steps_of(const Launched& launched) {
  const auto sums = sums_of(launched.measured->window.blocks);
  return sums ? static_cast<Natural>(sums->steps) : 0;
}

/// Of the window, whatever its dimension.
Natural work_of(const Launched& launched) {
  return launched.ready ? launched.ready->work_per_step * steps_of(launched) : 0;
}

Classified classify_launched(const Job& job, const Launched& launched, const EndRules& rules,
                             ItemIndex item) {
  if (launched.failed) {
    return {.ending = launched.failed->ending, .note = launched.failed->note};
  }
  if (!launched.measured) {
    return {.ending = Ending::crashed, .note = "the worker gave no window"};
  }
  WindowPlan plan = job.window;
  plan.start_utc_ns = launched.start_utc_ns;
  Classified ended = classify(launched.measured->window, plan, rules.tolerances);
  if (ended.ending == Ending::measured && item < rules.ordered.size()) {
    StateInWindow state =
        state_in_window(rules.ordered[item], shown_gpu(launched.measured->readings));
    ended = {.ending = state.ending, .note = std::move(state.note)};
  }
  if (ended.ending == Ending::measured) {
    ended = classify_io(job.case_id, job.params, launched.measured->readings, work_of(launched));
  }
  if (ended.ending == Ending::measured) {
    ended = classify_path(job.case_id, job.params, launched.measured->readings, steps_of(launched));
  }
  if (ended.ending == Ending::measured && names_slow_link(job.case_id)) {
    ended.note = slow_link_of(launched.measured->readings);
  }
  const std::string mark = launched.ready ? launched.ready->mark : "";
  if (!mark.empty() &&
      std::find(rules.marks.begin(), rules.marks.end(), mark) == rules.marks.end()) {
    return {.ending = Ending::foreign_environment,
            .note = "the worker's results are '" + mark + "', and the session is not marked so"};
  }
  const std::string foreign = foreign_object(launched, rules);
  if (!foreign.empty() && ended.ending != Ending::wrong_result) {
    ended = {.ending = Ending::foreign_environment,
             .note = "mapped object " + foreign + " was not there when the campaign began"};
  }
  return ended;
}

/// The first wrong element, and what its operands were drawn from: so anybody can compute it again.
Json first_wrong(const Job& job, const WindowResult& window) {
  Json first = json_of(window.first);
  if (Json::Object* object = first.object()) {
    const Digest seed = operand_seed(job.window.link, job.window.clause, job.round);
    object->emplace_back("seed", hex(seed));
  }
  return first;
}

void add_window(AttemptEnd& end, const Job& job, const Measured& measured, const WindowSums& sums) {
  const WindowResult& window = measured.window;
  end.blob = encode(window.blocks);
  end.line.emplace_back("verification", Json::Object{{"first", first_wrong(job, window)},
                                                     {"full", sums.full},
                                                     {"log2_miss", window.log2_miss},
                                                     {"share_ppm", check_share_ppm(sums)},
                                                     {"tiles", sums.tiles}});
  end.line.emplace_back("blocks",
                        Json::Object{{"bytes", static_cast<std::int64_t>(end.blob.size())},
                                     {"count", static_cast<std::int64_t>(window.blocks.size())},
                                     {"gap_ns", sums.gap_ns},
                                     {"sha256", hex(sha256(end.blob))},
                                     {"shortest_ns", sums.shortest_ns}});
  end.line.emplace_back("output_digest", window.output_digest);
  end.line.emplace_back("telemetry", json_of(measured.readings));
}

/// The window's times, if they hold together with the journal's, and otherwise what becomes of it.
WallWindow placed(AttemptEnd& end, const AttemptBegin& begin, WallWindow window,
                  const EndRules& rules, std::int64_t utc_ns) {
  window.begun_ns = begin.begun_ns;
  const std::string fault = rules.clock.fault_of(window, utc_ns);
  if (fault.empty()) {
    return window;
  }
  if (end.attempt.wrong > 0) {
    window.start_ns = rules.clock.start_for(window);
    end.attempt.note += (end.attempt.note.empty() ? "" : "; ") + fault + ", start_ns is a guess";
    return window;
  }
  end.attempt.ending = Ending::clock;
  end.attempt.note = fault + ", so its window has no place";
  return {};
}

/// What the line says of the device's units and clock; nothing for other cases than products.
void add_bound(AttemptEnd& end, const Job& job, const Launched& launched) {
  if (!states_bound(job.case_id)) {
    return;
  }
  const Device& device = launched.ready->device;
  BoundLine bound{.architecture = device.architecture,
                  .multiprocessors = device.multiprocessors,
                  .ops = ops_per_clock(device.architecture, multiplied_by(job.params)),
                  .clock_khz = mean_clock_khz(launched.measured->window.blocks),
                  .reason = ""};
  if (!bound.ops) {
    bound.reason = "no rate of this device's units is known for this type";
  } else if (!bound.clock_khz) {
    const Readings& readings = launched.measured->readings;
    const auto shown = readings.find("gpu_clock_max_khz");
    const bool says_why = shown != readings.end() && !shown->second.value;
    bound.reason = says_why ? shown->second.reason : "a block of the window shows no clock";
  }
  end.attempt.rate = rate_of(bound);
  end.line.emplace_back("bound", json_of(bound));
}

/// What every end says, whatever was measured.
Json::Object facts_of(const Attempt& attempt, const std::string& item, std::int64_t clock_ns,
                      Natural work_per_step) {
  return {{"attempt", static_cast<std::int64_t>(attempt.number)},
          {"checked", static_cast<std::int64_t>(attempt.checked)},
          {"clause", attempt.clause},
          {"clock_ns", decimal(clock_ns)},
          {"dimension", name_of(attempt.dimension)},
          {"elapsed_ns", to_decimal(attempt.elapsed_ns)},
          {"ending", name_of(attempt.ending)},
          {"item", item},
          {"note", attempt.note},
          {"round", attempt.round},
          {"serial", attempt.serial},
          {"start_ns", decimal(attempt.start_ns)},
          {"work", to_decimal(attempt.work)},
          {"work_per_step", to_decimal(work_per_step)},
          {"wrong", static_cast<std::int64_t>(attempt.wrong)}};
}

}  // namespace

EndRules::EndRules(const Contract& contract, const std::vector<Item>& roster)
    : tolerances(tolerances_of(contract.conditions)), ordered(ordered_gpus(contract, roster)) {}

void EndRules::know_objects_of(const Json& machine) {
  for (const Json& object : *machine.find("objects")->array()) {
    known_objects.insert(
        {.name = *object.find("name")->text(), .sha256 = *object.find("sha256")->text()});
  }
}

AttemptEnd end_of(const AttemptBegin& begin, const Job& job, const Launched& launched,
                  const EndRules& rules, std::int64_t utc_ns) {
  AttemptEnd end{.attempt = begin.attempt};
  Attempt& attempt = end.attempt;
  if (!launched.found) {
    Classified ended = classify_launched(job, launched, rules, attempt.item);
    attempt.ending = ended.ending;
    attempt.note = std::move(ended.note);
  }
  attempt.dimension = begin.dimension;
  Natural work_per_step = 0;
  if (launched.ready) {
    attempt.dimension = launched.ready->dimension;
    attempt.serial = launched.ready->device.serial;
    work_per_step = launched.ready->work_per_step;
    end.line.emplace_back("ran", json_of(launched.ready->ran));
  }
  if (launched.found) {
    take_found(begin, launched, rules, end);
  }
  std::int64_t clock_ns = 0;
  const auto sums =
      launched.measured ? sums_of(launched.measured->window.blocks) : Result<WindowSums>(Error{});
  if (sums) {
    attempt.wrong = static_cast<std::uint64_t>(sums->wrong);
    end.window = placed(end, begin,
                        {.item = attempt.item,
                         .start_ns = launched.measured->window.start_utc_ns,
                         .elapsed_ns = sums->elapsed_ns},
                        rules, utc_ns);
  }
  if (sums && end.window.elapsed_ns > 0) {
    const auto steps = static_cast<Natural>(sums->steps);
    const auto elapsed_ns = static_cast<Natural>(sums->elapsed_ns);
    // A time is that of a step: so many there were.
    attempt.work = attempt.dimension == Dimension::time ? steps : work_per_step * steps;
    attempt.elapsed_ns = elapsed_ns;
    attempt.timed_ns = static_cast<Natural>(sums->timed_ns.value_or(0));
    if (sums->timed_ns) {
      end.line.emplace_back("timed_ns", decimal(*sums->timed_ns));
    }
    attempt.start_ns = end.window.start_ns;
    attempt.checked = static_cast<std::uint64_t>(sums->tiles);
    clock_ns = launched.measured->window.clock_ns;
    add_window(end, job, *launched.measured, *sums);
    add_bound(end, job, launched);
  }
  const Json::Object facts = facts_of(attempt, begin.item, clock_ns, work_per_step);
  end.line.insert(end.line.end(), facts.begin(), facts.end());
  return end;
}

}  // namespace assay
