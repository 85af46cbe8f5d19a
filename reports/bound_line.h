// What bounds the rate of a window: the `bound` of an `end` line, so that whoever holds the journal
// judges by the clock, too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/model/contract.h"
#include "harness/model/unit_rates.h"
#include "reports/json.h"

namespace assay {

struct BoundLine {
  std::string architecture;               ///< "" where the device has none that is known.
  std::uint32_t multiprocessors = 0;      ///< 0 there.
  std::optional<std::uint32_t> ops;       ///< Of one multiprocessor in a clock.
  std::optional<std::int64_t> clock_khz;  ///< Mean over the window.
  std::string reason;                     ///< Why nothing is bounded; "" where both are there.
};

/// Whether windows of this clause state a bound: matrix products do.
[[nodiscard]] bool states_bound(const Clause& clause);
[[nodiscard]] bool states_bound(std::string_view case_id);

/// The type that the clause multiplies; "" where it names none.
[[nodiscard]] std::string multiplied_by(const Params& params);

[[nodiscard]] Json::Object json_of(const BoundLine& bound);
/// Fails with bad_input, naming the member.
[[nodiscard]] Result<BoundLine> read_bound(const Json& object);

/// Whether a line's `bound` is what its clause's type makes of the device that it names, or null
/// where no rate was known, and states a reason where, and only where, something is missing. Fails
/// with bad_input, naming the member.
[[nodiscard]] Result<Done> check_bound(const BoundLine& bound, const Clause& clause);

[[nodiscard]] MachineRate rate_of(const BoundLine& bound);

}  // namespace assay
