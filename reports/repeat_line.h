// A journal's `repeat` line: the first wrong step of an attempt, done again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/model/evidence.h"
#include "harness/model/repetition.h"
#include "reports/campaign_frame.h"
#include "reports/json.h"

namespace assay {

struct RepeatLine {
  std::uint64_t attempt = 0;
  std::string item;  ///< Where; "" where the node has no other to try.
  std::uint32_t times = 0, wrong = 0;
  std::string note;  ///< Why it was done less than k_repetitions times; "" where it wasn't.
};

[[nodiscard]] Json::Object json_of(const RepeatLine& line);
/// Fails with bad_input, naming the member: also where the counts don't fit each other. `at_ns` is
/// set to the line's time of day.
[[nodiscard]] Result<RepeatLine> read_repeat(const Json& line, std::int64_t& at_ns);

/// Takes the line into its attempt. Fails with bad_input, naming the member, where nothing was
/// wrong in the attempt, or where it was to be done again elsewhere: first on the attempt's own
/// item, then on its neighbour. `attempts`: of the node, attempts[i] has number i + 1.
[[nodiscard]] Result<Done> take_repeat(const RepeatLine& line, const CampaignFrame& frame,
                                       std::uint32_t node, std::vector<Attempt>& attempts);

}  // namespace assay
