// What the network devices of this host have received and sent, for whomever.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/model/result.h"

namespace assay {

struct NetworkBytes {
  std::int64_t received = 0, sent = 0;
};

/// Of all verbs devices, as their ports count them (InfiniBand, RoCE); none where it is certain
/// that there is no such device. Fails with io, naming the device or port that can't be read: what
/// isn't counted is not 0.
[[nodiscard]] Result<std::optional<NetworkBytes>> read_verbs_counters(
    const std::string& devices = "/sys/class/infiniband");

/// Of all interfaces of this network namespace that are devices (where there is none, as in a
/// container, of all others) and lie on no other, as a bond does, and of all verbs devices, which
/// move what interfaces don't see and count for those of InfiniBand. Never of loopback. Fails with
/// io, likewise.
[[nodiscard]] Result<NetworkBytes> read_network_counters(const std::string& classes = "/sys/class");

}  // namespace assay
