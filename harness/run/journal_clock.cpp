#include "harness/run/journal_clock.h"

#include <algorithm>

#include "reports/time_of_day.h"

namespace assay {

void JournalClock::take(const std::vector<Json>& lines, const std::vector<Attempt>& attempts) {
  for (const Json& line : lines) {
    const Json* at = line.find("at");
    if (at == nullptr || at->text() == nullptr) {
      continue;
    }
    if (const auto time = time_from(*at->text()); time) {
      take(*time);
    }
  }
  for (const Attempt& attempt : attempts) {
    if (attempt.elapsed_ns > 0) {
      busy({.item = attempt.item,
            .start_ns = attempt.start_ns,
            .elapsed_ns = static_cast<std::int64_t>(attempt.elapsed_ns)});
    }
  }
}

void JournalClock::take(std::int64_t utc_ns) {
  latest_ns_ = std::max(latest_ns_, utc_ns);
}

Result<Done> JournalClock::check(std::int64_t utc_ns) const {
  const std::int64_t back_ns = latest_ns_ - utc_ns;
  if (back_ns > k_clock_slack_ns) {
    return Error{Error::Code::bad_input,
                 "the clock is " + std::to_string(back_ns / k_ns_per_second) +
                     " s before the journal's last line; set it right, then --resume"};
  }
  return Done{};
}

std::int64_t JournalClock::next_s(std::int64_t utc_ns) {
  // `at` is cut to seconds, and must not thereby come before what has decimals.
  const std::int64_t latest_s = (latest_ns_ + k_ns_per_second - 1) / k_ns_per_second;
  const std::int64_t next = std::max(utc_ns / k_ns_per_second, latest_s);
  latest_ns_ = next * k_ns_per_second;
  return next;
}

std::string JournalClock::fault_of(const WallWindow& window, std::int64_t utc_ns) const {
  const std::int64_t at_ns =
      std::max(utc_ns, latest_ns_) / k_ns_per_second * k_ns_per_second;  // as next_s() cuts it
  const auto busy = busy_until_ns_.find(window.item);
  const bool overlaps = busy != busy_until_ns_.end() && window.start_ns < busy->second;
  if (!check(utc_ns) || overlaps || window.start_ns < window.begun_ns - k_window_slack_ns ||
      window.start_ns + window.elapsed_ns > at_ns + k_window_slack_ns) {
    return "the wall clock was set while this attempt ran";
  }
  return "";
}

std::int64_t JournalClock::start_for(const WallWindow& window) const {
  const auto busy = busy_until_ns_.find(window.item);
  return busy == busy_until_ns_.end() ? window.begun_ns : std::max(window.begun_ns, busy->second);
}

void JournalClock::busy(const WallWindow& window) {
  std::int64_t& until_ns = busy_until_ns_[window.item];
  until_ns = std::max(until_ns, window.start_ns + window.elapsed_ns);
}

}  // namespace assay
