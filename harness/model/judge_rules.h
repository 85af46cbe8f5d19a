// The decision rules, applied to what has passed the screen.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "harness/model/judge_screen.h"

namespace assay {

/// One counted run of an item, or one round of a system.
struct Run {
  std::uint32_t round = 0;
  std::int64_t day = 0;
  bool below = true;
  bool breaks_floor = false;
  bool part_missing = false;  ///< Below for acceptance, but no ground to reject.
  std::optional<Value> value;
  const Attempt* attempt = nullptr;  ///< nullptr: of a round of several.
};

[[nodiscard]] Run run_of(const Setting& setting, const Attempt& attempt);

/// A REJECT for the first of `runs` beyond the clause's every_run, if there is one.
[[nodiscard]] std::optional<Finding> broken_floor(const Setting& setting,
                                                  std::span<const Run> runs);

/// Rules 1-5-9 and 1-4-8 over `runs` in order; the floor holds for every run, those after the look
/// that decided, too.
void decide_by_signs(const Setting& setting, std::span<const Run> runs, Verdict& verdict);

/// The first attempt of every part decides; a mismatch rejects wherever it stands.
void decide_once(std::span<const Screened> parts, Verdict& verdict);

/// All parts together, each with a whole window of its own. An attempt that ended badly is one that
/// may have hidden a wrong result.
void decide_zero_wrong(const Setting& setting, std::span<const Screened> parts, Verdict& verdict);

/// All parts together. An attempt that ended badly is an event.
void decide_poisson(const Setting& setting, std::span<const Screened> parts, Verdict& verdict);

}  // namespace assay
