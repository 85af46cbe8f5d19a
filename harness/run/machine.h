// What this node is, as it says itself, for the journal. An allow-list: no host or user names.
#pragma once

#include "kernels/backend.h"
#include "reports/json.h"

namespace assay {

/// CPU model, cores, NUMA nodes, memory, kernel, governor, cgroup quota; null where not shown.
[[nodiscard]] Json::Object machine_inventory(const Device& device);

}  // namespace assay
