// Xid errors: what the NVIDIA driver writes into the kernel log, and what each means for
// acceptance.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assay {

struct Xid {
  std::string pci;  ///< "0000:19:00", lower case: domain, bus and device.
  std::uint32_t code = 0;
};

/// What an Xid does to its GPU, from worst to mildest (NVIDIA's catalogue of Xid errors; the
/// sources stand in xid.cpp).
enum class XidEffect {
  fails,    ///< The GPU or its link is broken, or was until it was reset.
  counts,   ///< May happen a few times; the contract says how often.
  recorded  ///< An application's fault, or a line that follows another one.
};

/// "NVRM: Xid (PCI:0000:19:00): 79, pid=..., GPU has fallen off the bus."; none for other lines.
[[nodiscard]] std::optional<Xid> parse_xid(std::string_view line);

/// For 144 to 150 (NVLink 5) the code does not suffice: the line itself says "Fatal" or "Nonfatal".
/// A code that the catalogue doesn't have counts.
[[nodiscard]] XidEffect effect_of(const Xid& xid, std::string_view line);

/// Whether "00000000:19:00.0", as the GPU library writes it, is the GPU of this Xid.
[[nodiscard]] bool is_of(const Xid& xid, std::string_view pci);

}  // namespace assay
