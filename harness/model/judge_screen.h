// What is settled before any counting: which attempts count, and whether one of them already
// rejects or invalidates its item.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/model/agreement.h"
#include "harness/model/judge.h"
#include "harness/model/judge_value.h"
#include "harness/model/slots.h"

namespace assay {

/// What the items of one clause are judged with.
struct Setting {
  const Contract& contract;
  const Clause& clause;
  const std::vector<Item>& roster;
  const std::vector<Attempt>& attempts;
  const Slots& slots;
  const Yardstick& yardstick;
  const Agreement& agreement;
  /// For a system: the last round before anything in it was replaced.
  std::uint32_t renewed_after_round = 0;
};

struct Finding {
  Outcome outcome = Outcome::invalid;
  Reason reason = Reason::unverified;
  std::string detail;
};

struct Screened {
  std::vector<const Attempt*> counted;        ///< By number; neither excused nor another device's.
  std::vector<std::uint32_t> excused_rounds;  ///< One per excused attempt.
  std::optional<Finding> finding;  ///< A REJECT or INVALID that no other attempt can mend.
};

/// `indices` are those of one item's attempts. `value_is_judged` is false for the part of a system,
/// whose plausible bound is for the whole.
[[nodiscard]] Screened screen(const Setting& setting, ItemIndex item,
                              std::span<const std::uint32_t> indices, bool value_is_judged);

/// Where there is nothing to judge: no attempt at all, or none but unsupported ones.
[[nodiscard]] std::optional<Finding> nothing_to_judge(std::span<const Screened> parts);

void conclude(Verdict& verdict, Finding finding);

}  // namespace assay
