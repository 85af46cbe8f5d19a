// Times of day as files hold them: RFC 3339, UTC, "Z".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/model/result.h"

namespace assay {

constexpr std::int64_t k_ns_per_second = 1'000'000'000;
constexpr std::int64_t k_seconds_per_day = 86'400;

/// How far a journal's clock, slewed, may go back from one line to the next.
constexpr std::int64_t k_clock_slack_ns = k_ns_per_second;
/// How far a window may stand out of its attempt, whose times may be cut to seconds.
constexpr std::int64_t k_window_slack_ns = k_clock_slack_ns + k_ns_per_second;

/// Nanoseconds since 1970-01-01 of "2026-11-21T22:26:43Z" or, with up to 9 decimals, of
/// "2026-11-21T22:26:43.25Z". Only from 1970 to 2199, without leap seconds. Fails with bad_input.
[[nodiscard]] Result<std::int64_t> time_from(std::string_view text);

/// The inverse, cut to whole seconds.
[[nodiscard]] std::string time_of_day(std::int64_t seconds);

}  // namespace assay
