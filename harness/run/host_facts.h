// What this host is, without its GPUs.
#pragma once

#include "harness/model/gpu_facts.h"

namespace assay {

/// From /sys/devices/system/cpu, /proc/meminfo and /proc/sys/kernel/random/boot_id.
[[nodiscard]] HostFacts read_host_facts();

}  // namespace assay
