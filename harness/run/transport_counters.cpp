#include "harness/run/transport_counters.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "kernels/host/network_counters.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

/// 0 of what is no TCP socket, or one that listens.
std::int64_t acknowledged_by(int descriptor) {
  tcp_info info{};
  socklen_t size = sizeof info;
  const bool is_tcp = ::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
  return is_tcp ? static_cast<std::int64_t>(info.tcpi_bytes_acked) : 0;
}

}  // namespace

Result<TransportCounters> read_transport_counters(const std::string& verbs_devices) {
  TransportCounters counters;
  std::error_code error;
  for (fs::directory_iterator entry("/proc/self/fd", error), end; !error && entry != end;
       entry.increment(error)) {
    // NOLINTNEXTLINE(cert-err34-c): the kernel names them by their numbers
    counters.tcp_bytes += acknowledged_by(std::atoi(entry->path().filename().c_str()));
  }
  if (error) {
    return Error{Error::Code::io, "/proc/self/fd can't be read: " + error.message()};
  }
  const auto verbs = read_verbs_counters(verbs_devices);
  counters.verbs_bytes = verbs && *verbs ? std::optional((*verbs)->sent) : std::nullopt;
  counters.verbs_fault = verbs ? "" : verbs.error().message;
  return counters;
}

}  // namespace assay
