// Which machine a node is, by its own word: what stays the same from one boot to the next.
#pragma once

#include <string>

#include "reports/json.h"

namespace assay {

/// How the inventory of a later `machine` line shows another machine than an earlier one:
/// "cpu_model is \"B\", but was \"A\""; "" if it is the same. Held equal: cpu_model,
/// cpus_online, numa_nodes and virtual_machine; memory_total within 1/32 of the earlier one, since
/// a kernel keeps more or less of it for itself. Kernel, microcode and governor may change, and
/// how many cores a process may use.
[[nodiscard]] std::string machine_difference(const Json& earlier, const Json& later);

}  // namespace assay
