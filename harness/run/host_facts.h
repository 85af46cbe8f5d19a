// What this host is, without its GPUs.
#pragma once

#include "harness/model/gpu_facts.h"

namespace assay {

/// From /sys/devices/system/cpu and /proc/meminfo.
[[nodiscard]] HostFacts read_host_facts();

}  // namespace assay
