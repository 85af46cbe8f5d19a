#include "harness/run/journal_clock.h"

#include <algorithm>
#include <string>

#include "reports/time_of_day.h"

namespace assay {

Result<Done> check_clock(const std::vector<Json>& lines, std::int64_t utc_ns) {
  constexpr std::int64_t k_second_ns = 1'000'000'000;
  std::int64_t latest_ns = 0;
  for (const Json& line : lines) {
    const Json* at = line.find("at");
    if (at == nullptr || at->text() == nullptr) {
      continue;
    }
    if (const auto time = time_from(*at->text()); time) {
      latest_ns = std::max(latest_ns, *time);
    }
  }
  if (latest_ns - utc_ns > k_second_ns) {
    return Error{Error::Code::bad_input,
                 "the clock is " + std::to_string((latest_ns - utc_ns) / k_second_ns) +
                     " s before the journal's last line; set it right, then --resume"};
  }
  return Done{};
}

}  // namespace assay
