// What this node is, as it says itself, for the journal. An allow-list: no host or user names.
#pragma once

#include <vector>

#include "harness/run/environment.h"
#include "harness/run/objects.h"
#include "kernels/backend.h"
#include "reports/json.h"

namespace assay {

/// CPU model, cores, NUMA nodes, memory, kernel, governor, cgroup quota; null where not shown.
[[nodiscard]] Json::Object machine_inventory(const Device& device);

/// Members of the journal's line `machine`: what it is, what a worker was given, what it mapped.
[[nodiscard]] Json::Object machine_line(Json::Object inventory, const Environment& environment,
                                        const std::vector<ObjectDigest>& objects);

}  // namespace assay
