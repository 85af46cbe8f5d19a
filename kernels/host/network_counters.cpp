#include "kernels/host/network_counters.h"

#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

namespace assay {
namespace {

namespace fs = std::filesystem;

void add(NetworkBytes& sum, const NetworkBytes& other) {
  sum.received += other.received;
  sum.sent += other.sent;
}

/// None where either can't be read.
std::optional<NetworkBytes> counted_in(const fs::path& folder, const char* received,
                                       const char* sent, std::int64_t unit) {
  NetworkBytes bytes;
  const bool is_there = (std::ifstream(folder / received) >> bytes.received) &&
                        (std::ifstream(folder / sent) >> bytes.sent);
  bytes.received *= unit;
  bytes.sent *= unit;
  return is_there ? std::optional(bytes) : std::nullopt;
}

/// Of all ports together, which each have to show it: a fault is what one of them lacks.
Result<NetworkBytes> counted_by_device(const fs::path& device) {
  constexpr std::int64_t k_unit = 4;  // as the InfiniBand specification counts
  const std::string name = "verbs device " + device.filename().string();
  NetworkBytes bytes;
  std::error_code error;
  for (fs::directory_iterator port(device / "ports", error), end; !error && port != end;
       port.increment(error)) {
    const auto counted =
        counted_in(port->path() / "counters", "port_rcv_data", "port_xmit_data", k_unit);
    if (!counted) {
      return Error{Error::Code::io, "port " + port->path().filename().string() + " of " + name +
                                        " shows no port_xmit_data or port_rcv_data"};
    }
    add(bytes, *counted);
  }
  return error ? Result<NetworkBytes>(
                     Error{Error::Code::io, name + " shows no ports: " + error.message()})
               : Result<NetworkBytes>(bytes);
}

bool lies_on_another(const fs::path& interface) {
  std::error_code error;
  for (fs::directory_iterator entry(interface, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().filename().string().starts_with("lower_")) {
      return true;
    }
  }
  return false;
}

/// Whether ports of verbs devices count its bytes, too: IP over InfiniBand.
bool is_counted_by_ports(const fs::path& interface) {
  constexpr int k_infiniband = 32;  // ARPHRD_INFINIBAND
  int type = 0;
  return (std::ifstream(interface / "type") >> type) && type == k_infiniband;
}

/// Each byte counts in one of these. A bond, or the synthetic interface of a cloud's machine, has
/// the devices that it adds up below it.
Result<std::vector<fs::path>> interfaces_in(const fs::path& folder) {
  std::vector<fs::path> devices;
  std::vector<fs::path> others;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    const fs::path& interface = entry->path();
    if (interface.filename() == "lo" || !fs::is_directory(interface, ignored) ||
        lies_on_another(interface) || is_counted_by_ports(interface)) {
      continue;  // bonding_masters is a file
    }
    (fs::exists(interface / "device", ignored) ? devices : others).push_back(interface);
  }
  if (error) {
    return Error{Error::Code::io, "network interfaces can't be looked for: " + folder.string() +
                                      ": " + error.message()};
  }
  return devices.empty() ? others : devices;
}

}  // namespace

/// Nobody else than the kernel makes the folder, and only beside those of other classes.
Result<std::optional<NetworkBytes>> read_verbs_counters(const std::string& devices) {
  const fs::path folder(devices);
  const auto unknown = [](const std::string& why) {
    return Error{Error::Code::io, "verbs devices can't be looked for: " + why};
  };
  std::optional<NetworkBytes> bytes;
  std::error_code error;
  fs::directory_iterator device(folder, error);
  if (error == std::errc::no_such_file_or_directory) {
    const bool has_classes = fs::is_directory(folder.parent_path(), error);
    return has_classes ? Result<std::optional<NetworkBytes>>(bytes)
                       : unknown(folder.parent_path().string() + " is not there");
  }
  for (const fs::directory_iterator end; !error && device != end; device.increment(error)) {
    const auto counted = counted_by_device(device->path());
    if (!counted) {
      return counted.error();
    }
    NetworkBytes sum = bytes.value_or(NetworkBytes{});
    add(sum, *counted);
    bytes = sum;
  }
  return error ? Result<std::optional<NetworkBytes>>(unknown(devices + ": " + error.message()))
               : Result<std::optional<NetworkBytes>>(bytes);
}

Result<NetworkBytes> read_network_counters(const std::string& classes) {
  const auto verbs = read_verbs_counters(classes + "/infiniband");
  if (!verbs) {
    return verbs.error();
  }
  const auto interfaces = interfaces_in(classes + "/net");
  if (!interfaces) {
    return interfaces.error();
  }
  NetworkBytes bytes = verbs->value_or(NetworkBytes{});
  for (const fs::path& interface : *interfaces) {
    const auto counted = counted_in(interface / "statistics", "rx_bytes", "tx_bytes", 1);
    if (!counted) {
      return Error{Error::Code::io, "network interface " + interface.filename().string() +
                                        " shows no rx_bytes or tx_bytes"};
    }
    add(bytes, *counted);
  }
  return bytes;
}

}  // namespace assay
