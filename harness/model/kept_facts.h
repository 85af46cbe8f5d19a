// What nothing but a hand changes of a GPU, for whoever compares two looks at it.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "harness/model/gpu_facts.h"

namespace assay {

template <class T>
struct NamedFact {
  const char* name = "";
  Fact<T> GpuFacts::*fact = nullptr;
  const char* unit = "";
};

/// What nothing but a hand changes. The present PCIe generation and the temperature follow the
/// load.
inline constexpr std::array<NamedFact<std::string>, 6> k_texts{
    {{"model", &GpuFacts::model},
     {"serial number", &GpuFacts::serial},
     {"board part", &GpuFacts::board_part},
     {"PCI address", &GpuFacts::pci},
     {"VBIOS", &GpuFacts::vbios},
     {"InfoROM", &GpuFacts::inforom}}};
inline constexpr std::array<NamedFact<bool>, 2> k_switches{
    {{"ECC", &GpuFacts::ecc}, {"MIG mode", &GpuFacts::mig}}};
inline constexpr std::array<NamedFact<std::int64_t>, 7> k_numbers{
    {{"memory", &GpuFacts::memory_bytes, " bytes"},
     {"enforced power limit", &GpuFacts::power_limit_mw, " mW"},
     {"highest clock of its SMs", &GpuFacts::clock_max_sm_mhz, " MHz"},
     {"highest clock of its memory", &GpuFacts::clock_max_memory_mhz, " MHz"},
     {"PCIe width", &GpuFacts::pcie_width},
     {"highest PCIe width", &GpuFacts::pcie_width_max},
     {"highest PCIe generation", &GpuFacts::pcie_generation_max}}};

[[nodiscard]] inline std::string written(const std::string& value) {
  return "'" + value + "'";
}
[[nodiscard]] inline std::string written(bool value) {
  return value ? "on" : "off";
}
[[nodiscard]] inline std::string written(std::int64_t value) {
  return std::to_string(value);
}

}  // namespace assay
