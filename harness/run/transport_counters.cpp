#include "harness/run/transport_counters.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

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

/// In units of four bytes, as the InfiniBand specification counts them.
std::optional<std::int64_t> sent_by_port(const fs::path& port) {
  constexpr std::int64_t k_unit = 4;
  std::ifstream file(port / "counters" / "port_xmit_data");
  std::int64_t units = 0;
  return file >> units ? std::optional(units * k_unit) : std::nullopt;
}

/// Of all ports together, which each have to show it: a fault is what one of them lacks.
Result<std::int64_t> sent_by_device(const fs::path& device) {
  const std::string name = "verbs device " + device.filename().string();
  std::int64_t bytes = 0;
  std::error_code error;
  for (fs::directory_iterator port(device / "ports", error), end; !error && port != end;
       port.increment(error)) {
    const auto sent = sent_by_port(port->path());
    if (!sent) {
      return Error{Error::Code::io, "port " + port->path().filename().string() + " of " + name +
                                        " shows no port_xmit_data"};
    }
    bytes += *sent;
  }
  return error ? Result<std::int64_t>(
                     Error{Error::Code::io, name + " shows no ports: " + error.message()})
               : Result<std::int64_t>(bytes);
}

/// None where it is certain that there is no device: nobody else than the kernel makes the folder,
/// and only beside those of other classes.
Result<std::optional<std::int64_t>> sent_by_verbs(const fs::path& devices) {
  const auto unknown = [](const std::string& why) {
    return Error{Error::Code::io, "verbs devices can't be looked for: " + why};
  };
  std::optional<std::int64_t> bytes;
  std::error_code error;
  fs::directory_iterator device(devices, error);
  if (error == std::errc::no_such_file_or_directory) {
    const bool has_classes = fs::is_directory(devices.parent_path(), error);
    return has_classes ? Result<std::optional<std::int64_t>>(bytes)
                       : unknown(devices.parent_path().string() + " is not there");
  }
  for (const fs::directory_iterator end; !error && device != end; device.increment(error)) {
    const auto sent = sent_by_device(device->path());
    if (!sent) {
      return sent.error();
    }
    bytes = bytes.value_or(0) + *sent;
  }
  return error ? Result<std::optional<std::int64_t>>(
                     unknown(devices.string() + ": " + error.message()))
               : Result<std::optional<std::int64_t>>(bytes);
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
  const auto verbs = sent_by_verbs(verbs_devices);
  counters.verbs_bytes = verbs ? *verbs : std::nullopt;
  counters.verbs_fault = verbs ? "" : verbs.error().message;
  return counters;
}

}  // namespace assay
