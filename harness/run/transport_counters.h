// What the kernel and network devices counted of a process's messages: they know nothing of MPI, so
// they show which way it sent them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/model/result.h"

namespace assay {

struct TransportCounters {
  std::int64_t tcp_bytes = 0;  ///< Acknowledged, of this process's open sockets (TCP_INFO).
  /// Sent by all verbs devices of this host, for whomever; none where there is no such device, or
  /// for `verbs_fault`.
  std::optional<std::int64_t> verbs_bytes;
  std::string verbs_fault;  ///< Why nobody can say what they sent, or whether there are any.
  /// Of a rank on a GPU: what its NVLinks sent, for whomever; none for `nvlink_fault`. Both are
  /// empty of a rank that has no GPU.
  std::optional<std::int64_t> nvlink_bytes;
  std::string nvlink_fault;
};

/// Fails with io where this process's sockets can't be looked at: what isn't counted is not 0.
[[nodiscard]] Result<TransportCounters> read_transport_counters(
    const std::string& verbs_devices = "/sys/class/infiniband");

}  // namespace assay
