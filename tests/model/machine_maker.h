// A healthy node of two GPUs and the clauses that look at it, for tests that then spoil one thing.
#pragma once

#include <string>

#include "harness/model/as_ordered.h"

namespace assay {

template <class T>
Fact<T> shown(T value) {
  return {.value = std::move(value), .reason = ""};
}

template <class T>
Fact<T> hidden(const std::string& reason = "Not Supported") {
  return {.value = {}, .reason = reason};
}

inline GpuFacts healthy_gpu(std::uint32_t index) {
  GpuFacts gpu{.index = index};
  const std::string number = std::to_string(index);
  gpu.model = shown<std::string>("NVIDIA B200");
  gpu.uuid = shown("GPU-0" + number);
  gpu.serial = shown("165000" + number);
  gpu.pci = shown("00000000:1" + number + ":00.0");
  gpu.board_part = gpu.inforom = gpu.vbios = shown<std::string>("1.0");
  gpu.ecc = shown(true);
  gpu.mig = gpu.remap_failed = gpu.remap_pending = shown(false);
  gpu.memory_bytes = shown<std::int64_t>(192'265'846'784);
  gpu.power_limit_mw = shown<std::int64_t>(1'000'000);
  gpu.pcie_width = gpu.pcie_width_max = shown<std::int64_t>(16);
  gpu.pcie_generation = shown<std::int64_t>(1);  // idle
  gpu.pcie_generation_max = shown<std::int64_t>(5);
  gpu.clock_us = shown<std::int64_t>(1'000'000);
  for (Fact<std::int64_t>* zero :
       {&gpu.remapped_correctable, &gpu.remapped_uncorrectable, &gpu.ecc_corrected_aggregate,
        &gpu.ecc_corrected_volatile, &gpu.ecc_uncorrected_aggregate, &gpu.ecc_uncorrected_volatile,
        &gpu.slowed_board_us, &gpu.slowed_power_us, &gpu.slowed_reliability_us,
        &gpu.slowed_thermal_us, &gpu.temperature_c, &gpu.clock_max_memory_mhz,
        &gpu.clock_max_sm_mhz}) {
    *zero = shown<std::int64_t>(0);
  }
  for (std::uint32_t link = 0; link < 2; ++link) {
    gpu.nvlinks.push_back({.link = link,
                           .active = shown(true),
                           .replays = hidden<std::int64_t>(),
                           .recoveries = shown<std::int64_t>(3),
                           .crc_errors = hidden<std::int64_t>()});
  }
  return gpu;
}

inline MachineFacts healthy_machine() {
  MachineFacts facts;
  facts.source = "nvml";
  facts.driver = shown<std::string>("580.95.05");
  facts.gpu_count = shown<std::int64_t>(2);
  facts.gpus = {healthy_gpu(0), healthy_gpu(1)};
  facts.host.cpu_cores = shown<std::int64_t>(112);
  facts.host.memory_bytes = shown<std::int64_t>(std::int64_t{2015} << 30U);
  facts.host.boot_id = shown<std::string>("6f1e4b2a-9c07-4d53-8a1e-3b5c7d9f0a12");
  facts.xids.last_record = 1000;
  return facts;
}

inline InventoryLine ordered_line() {
  InventoryLine line{.id = "b200", .kind = "dgx-b200", .nodes = 1};
  line.gpus = Gpus{.model = "NVIDIA B200",
                   .count = 2,
                   .memory = *parse_quantity("180 GB"),
                   .power_limit = *parse_quantity("1000 W")};
  return line;
}

inline Clause inventory_clause() {
  Clause clause{.id = "I-1", .case_id = "system.inventory", .population = {"b200"}};
  clause.rule = Rule::once;
  clause.params = {{"cpu_cores", "112"}, {"ecc", "on"},    {"host_memory_gib", "2000"},
                   {"mig", "off"},       {"nvlinks", "2"}, {"pcie_generation", "5"},
                   {"pcie_width", "16"}};
  return clause;
}

inline Clause health_clause() {
  Clause clause{.id = "I-2", .case_id = "system.health", .population = {"b200"}};
  clause.rule = Rule::once;
  clause.params = {{"nvlink_recoveries", "none"},
                   {"remapped_rows", "2"},
                   {"thermal_slowdown", "none"},
                   {"xid_counted", "1"}};
  return clause;
}

}  // namespace assay
