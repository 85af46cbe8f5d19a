// The slowest link of a window of network.links, in words.
#pragma once

#include <string>
#include <string_view>

#include "reports/readings.h"

namespace assay {

/// Of this case a measured window's note names the slowest link.
[[nodiscard]] bool names_slow_link(std::string_view case_id);

/// One sentence without its full stop, by the telemetry alone; "" where it doesn't show the links.
/// A rank whose every link takes at least twice as long as the fastest of all is named, too. Ranks
/// are numbered as their launcher laid them out.
[[nodiscard]] std::string slow_link_of(const Readings& telemetry);

}  // namespace assay
