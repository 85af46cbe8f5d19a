// The catalogue: docs.nvidia.com/deploy/xid-errors (generated table of leptonai/gpud, 2025-10-29,
// and NVSentinel's mapping); where the two differ, the milder reading counts and does not fail.
#include "harness/model/xid.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace assay {
namespace {

/// 46 timeout, 48 double-bit ECC, 54 power cable, 62 and 109 halts, 64 row remap failure, 74 NVLink
/// (Hopper), 79 off the bus, 95 uncontained memory error, 119 and 120 system processor, 136 link
/// training, 140 ECC escape, 143 initialisation, 155 and 158 NVLink, 171 and 172 where a double-bit
/// error was.
constexpr std::array<std::uint32_t, 18> k_fails{46,  48,  54,  62,  64,  74,  79,  95,  109,
                                                119, 120, 136, 140, 143, 155, 158, 171, 172};
/// 13, 31, 32, 69 an application's fault; 43, 45 clean-up after it; 154 follows another one; 162 to
/// 165 power smoothing.
constexpr std::array<std::uint32_t, 11> k_recorded{13, 31, 32, 43, 45, 69, 154, 162, 163, 164, 165};
constexpr std::uint32_t k_first_nvlink5 = 144;
constexpr std::uint32_t k_last_nvlink5 = 150;

template <class Codes>
bool holds(const Codes& codes, std::uint32_t code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& letter : result) {
    if (letter >= 'A' && letter <= 'Z') {
      letter = static_cast<char>(letter - 'A' + 'a');
    }
  }
  return result;
}

}  // namespace

std::optional<Xid> parse_xid(std::string_view line) {
  constexpr std::string_view k_begin = "NVRM: Xid (PCI:";
  const std::size_t at = line.find(k_begin);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  line.remove_prefix(at + k_begin.size());
  const std::size_t close = line.find("): ");
  if (close == std::string_view::npos) {
    return std::nullopt;
  }
  Xid xid{.pci = lower(line.substr(0, close))};
  line.remove_prefix(close + 3);
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), xid.code);
  const bool ends = end == line.data() + line.size() || *end == ',' || *end == ' ';
  return error == std::errc{} && ends ? std::optional(std::move(xid)) : std::nullopt;
}

XidEffect effect_of(const Xid& xid, std::string_view line) {
  if (xid.code >= k_first_nvlink5 && xid.code <= k_last_nvlink5) {
    return line.find(" Fatal ") != std::string_view::npos ? XidEffect::fails : XidEffect::counts;
  }
  if (holds(k_fails, xid.code)) {
    return XidEffect::fails;
  }
  return holds(k_recorded, xid.code) ? XidEffect::recorded : XidEffect::counts;
}

bool is_of(const Xid& xid, std::string_view pci) {
  // The library writes the domain with eight digits and adds the function.
  const std::string own = lower(pci.substr(0, pci.find('.')));
  return own.size() >= xid.pci.size() && own.ends_with(xid.pci) &&
         own.find_first_not_of('0') >= own.size() - xid.pci.size();
}

}  // namespace assay
