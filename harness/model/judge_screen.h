// What is settled before any counting: which attempts count, and whether one of them already
// rejects or invalidates its item.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/model/agreement.h"
#include "harness/model/judge.h"
#include "harness/model/judge_value.h"
#include "harness/model/slots.h"
#include "harness/model/together.h"

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
  const Together& together;
  /// For a system, by Renewal: the last round before something in it was replaced.
  std::array<std::uint32_t, 4> renewed_after_rounds{};
};

struct Finding {
  Outcome outcome = Outcome::invalid;
  Reason reason = Reason::unverified;
  std::string detail;
};

struct Screened {
  std::vector<const Attempt*> counted;        ///< By number; neither excused nor superseded.
  std::vector<std::uint32_t> excused_rounds;  ///< One per excused attempt.
  std::optional<Finding> finding;  ///< A REJECT or INVALID that no other attempt can mend.
};

/// How an item's attempts are screened.
struct Sieve {
  Renewal since = Renewal::any;  ///< Which attempts count.
  bool value_is_judged = true;   ///< Not for the part of a system, whose bounds are for the whole.
};

/// `indices` are those of one item's attempts. A wrong result, a lost device or a broken floor
/// rejects the device it was seen on, whatever was replaced around it since.
[[nodiscard]] Screened screen(const Setting& setting, ItemIndex item,
                              std::span<const std::uint32_t> indices, const Sieve& sieve);

/// A REJECT by this attempt alone: a wrong result or a lost device.
[[nodiscard]] std::optional<Finding> rejection(const Setting& setting, const Attempt& attempt);

/// Where there is nothing to judge: no attempt at all, or none but unsupported ones.
[[nodiscard]] std::optional<Finding> nothing_to_judge(std::span<const Screened> parts);

void conclude(Verdict& verdict, Finding finding);

}  // namespace assay
