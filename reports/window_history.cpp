#include "reports/window_history.h"

#include "harness/model/roster.h"

namespace assay {
namespace {

Error bad(std::string sentence) {
  return {Error::Code::bad_input, std::move(sentence)};
}

}  // namespace

Result<Done> WindowHistory::check(const EndLine& end) {
  if (!end.blocks) {
    return Done{};
  }
  if (Result<Done> checked = check_step(end); !checked) {
    return checked;
  }
  if (Result<Done> checked = check_units(end); !checked) {
    return checked;
  }
  return check_time(end);
}

Result<Done> WindowHistory::check_step(const EndLine& end) {
  const auto& [attempt, clause, item, round] = end.key;
  const auto stated = stated_.find(clause);
  const bool is_stated = stated != stated_.end();
  const Natural expected =
      is_stated ? stated->second
                : first_step_.try_emplace({clause, item}, end.work_per_step).first->second;
  if (end.work_per_step == expected) {
    return Done{};
  }
  const std::string who = is_stated
                              ? "a step of clause " + clause + " is "
                              : "the first window of clause " + clause + " on '" + item + "' says ";
  return bad("work_per_step: is " + to_decimal(end.work_per_step) + ", but " + who +
             to_decimal(expected));
}

Result<Done> WindowHistory::check_units(const EndLine& end) {
  if (!end.bound || end.bound->architecture.empty()) {
    return Done{};
  }
  const Units units{end.bound->architecture, end.bound->multiprocessors};
  const Units& first = first_units_.try_emplace(end.key.item, units).first->second;
  if (units == first) {
    return Done{};
  }
  return bad("bound: '" + end.key.item + "' has " + std::to_string(units.second) +
             " multiprocessors of '" + units.first + "', but had " + std::to_string(first.second) +
             " of '" + first.first + "' in its first window");
}

Result<Done> WindowHistory::check_time(const EndLine& end) {
  if (end.elapsed_ns == 0) {
    return Done{};
  }
  std::int64_t& busy_until_ns = busy_until_ns_[end.key.item];
  if (end.start_ns < busy_until_ns) {
    return bad("start_ns: the window begins before the one before it on '" + end.key.item +
               "' has ended");
  }
  busy_until_ns = end.start_ns + static_cast<std::int64_t>(end.elapsed_ns);
  return Done{};
}

void WindowHistory::forget(const std::string& item) {
  std::erase_if(first_step_,
                [&item](const auto& known) { return is_same_or_within(known.first.second, item); });
  std::erase_if(first_units_,
                [&item](const auto& known) { return is_same_or_within(known.first, item); });
}

}  // namespace assay
