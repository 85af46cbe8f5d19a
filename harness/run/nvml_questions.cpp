#include "harness/run/nvml_questions.h"

#include <utility>

#include "harness/run/nvml_gpu.h"

namespace assay::nvml {

void Questions::text(Fact<std::string>& fact, const char* name) const {
  std::array<char, 128> answer{};
  fact.reason = refusal(name, answer.data(), static_cast<Whole>(answer.size()));
  if (fact.reason.empty()) {
    set_text(fact, answer.data());
  }
}

void Questions::state(Fact<bool>& fact, const char* name) const {
  Whole present = 0;
  Whole pending = 0;
  fact.reason = refusal(name, &present, &pending);
  if (fact.reason.empty()) {
    fact.value = present != 0;
  }
}

void Questions::rows(GpuFacts& gpu) const {
  Whole correctable = 0;
  Whole uncorrectable = 0;
  Whole pending = 0;
  Whole failed = 0;
  const std::string reason =
      refusal("nvmlDeviceGetRemappedRows", &correctable, &uncorrectable, &pending, &failed);
  if (reason.empty()) {
    gpu.remapped_correctable.value = correctable;
    gpu.remapped_uncorrectable.value = uncorrectable;
    gpu.remap_pending.value = pending != 0;
    gpu.remap_failed.value = failed != 0;
    return;
  }
  gpu.remapped_correctable.reason = gpu.remapped_uncorrectable.reason = gpu.remap_pending.reason =
      gpu.remap_failed.reason = reason;
}

void Questions::field(Fact<std::int64_t>& fact, Whole id, Whole scope) const {
  Call<Handle, int, FieldValue*> function = nullptr;
  functions_.load(function, "nvmlDeviceGetFieldValues");
  if (function == nullptr) {
    fact.reason = "the driver's library has no nvmlDeviceGetFieldValues";
    return;
  }
  FieldValue field;
  field.field = id;
  field.scope = scope;
  const Return result = function(gpu_, 1, &field);
  if (result != k_success || field.result != k_success) {
    fact.reason = "field " + std::to_string(id) + ": " +
                  functions_.reason(result != k_success ? result : field.result);
    return;
  }
  set_count(fact, field.type == k_type_whole ? field.value.whole : field.value.large);
}

void Questions::recoveries(Fact<std::int64_t>& fact, Whole link) const {
  count(fact, "nvmlDeviceGetNvLinkErrorCounter", link, k_link_recovery);
  if (fact.value) {
    return;
  }
  Fact<std::int64_t> newer;
  field(newer, k_field_link_recoveries, link);
  newer.reason = newer.value ? "" : fact.reason + "; " + newer.reason;
  fact = std::move(newer);
}

void Questions::slowed(Fact<std::int64_t>& fact, Fact<std::int64_t>& clock, Whole policy) const {
  constexpr Long k_ns_per_us = 1000;
  ask<ViolationTime>(
      fact, "nvmlDeviceGetViolationStatus",
      [&clock](const ViolationTime& answer, auto& into) {
        set_count(into, answer.violation_ns / k_ns_per_us);
        set_count(clock, answer.reference_us);
      },
      policy);
}

void Questions::set_text(Fact<std::string>& fact, const std::string& text) {
  std::string printable;
  for (const char letter : text) {
    printable += letter >= ' ' && letter <= '~' ? letter : '?';
  }
  if (printable.empty()) {
    fact.reason = "the driver gives an empty text";
  } else {
    fact.value = std::move(printable);
  }
}

void Questions::set_count(Fact<std::int64_t>& fact, Long value) {
  if (value < k_largest) {
    fact.value = static_cast<std::int64_t>(value);
  } else {
    fact.reason = "the driver gives " + std::to_string(value) + ", which is no count";
  }
}

namespace {

void read_identity(const Questions& ask, GpuFacts& gpu) {
  ask.text(gpu.model, "nvmlDeviceGetName");
  ask.text(gpu.uuid, "nvmlDeviceGetUUID");
  ask.text(gpu.serial, "nvmlDeviceGetSerial");
  ask.text(gpu.board_part, "nvmlDeviceGetBoardPartNumber");
  ask.text(gpu.vbios, "nvmlDeviceGetVbiosVersion");
  ask.text(gpu.inforom, "nvmlDeviceGetInforomImageVersion");
  ask.ask<PciInfo>(gpu.pci, "nvmlDeviceGetPciInfo_v3", [](PciInfo& info, Fact<std::string>& fact) {
    info.bus_id.back() = '\0';
    Questions::set_text(fact, info.bus_id.data());
  });
}

void read_state(const Questions& ask, GpuFacts& gpu) {
  ask.ask<Memory>(gpu.memory_bytes, "nvmlDeviceGetMemoryInfo",
                  [](const Memory& memory, Fact<std::int64_t>& fact) {
                    Questions::set_count(fact, memory.total);
                  });
  ask.number(gpu.power_limit_mw, "nvmlDeviceGetEnforcedPowerLimit");
  ask.number(gpu.temperature_c, "nvmlDeviceGetTemperature", k_board_temperature);
  ask.number(gpu.clock_max_sm_mhz, "nvmlDeviceGetMaxClockInfo", k_clock_sm);
  ask.number(gpu.clock_max_memory_mhz, "nvmlDeviceGetMaxClockInfo", k_clock_memory);
  ask.number(gpu.pcie_generation, "nvmlDeviceGetCurrPcieLinkGeneration");
  ask.number(gpu.pcie_generation_max, "nvmlDeviceGetMaxPcieLinkGeneration");
  ask.number(gpu.pcie_width, "nvmlDeviceGetCurrPcieLinkWidth");
  ask.number(gpu.pcie_width_max, "nvmlDeviceGetMaxPcieLinkWidth");
  ask.state(gpu.ecc, "nvmlDeviceGetEccMode");
  ask.state(gpu.mig, "nvmlDeviceGetMigMode");
  ask.rows(gpu);
  constexpr const char* k_errors = "nvmlDeviceGetTotalEccErrors";
  ask.count(gpu.ecc_corrected_volatile, k_errors, k_corrected, k_volatile);
  ask.count(gpu.ecc_corrected_aggregate, k_errors, k_corrected, k_aggregate);
  ask.count(gpu.ecc_uncorrected_volatile, k_errors, k_uncorrected, k_volatile);
  ask.count(gpu.ecc_uncorrected_aggregate, k_errors, k_uncorrected, k_aggregate);
  gpu.clock_us.reason = "nvmlDeviceGetViolationStatus gave none";
  using Slowed = Fact<std::int64_t>;
  const std::array<Slowed*, k_limiters.size()> slowed{&gpu.slowed_board_us, &gpu.slowed_power_us,
                                                      &gpu.slowed_reliability_us,
                                                      &gpu.slowed_thermal_us};
  for (std::size_t i = 0; i < slowed.size(); ++i) {  // in the order of their names
    ask.slowed(*slowed.at(i), gpu.clock_us, k_limiters.at(i).policy);
  }
  if (gpu.clock_us.value) {
    gpu.clock_us.reason.clear();
  }
}

/// Links that the GPU doesn't have are refused by the driver, and are none.
void read_links(const Questions& ask, GpuFacts& gpu) {
  constexpr const char* k_errors = "nvmlDeviceGetNvLinkErrorCounter";
  for (Whole link = 0; link < k_most_links; ++link) {
    LinkFacts facts{.link = link};
    ask.ask<Whole>(
        facts.active, "nvmlDeviceGetNvLinkState",
        [](Whole active, Fact<bool>& fact) { fact.value = active != 0; }, link);
    if (!facts.active.value) {
      continue;
    }
    ask.count(facts.replays, k_errors, link, k_link_replay);
    ask.count(facts.crc_errors, k_errors, link, k_link_crc);
    ask.recoveries(facts.recoveries, link);
    gpu.nvlinks.push_back(std::move(facts));
  }
}

}  // namespace

std::string loss_of(const Functions& functions, Handle gpu) {
  Call<Handle, char*, Whole> uuid = nullptr;
  functions.load(uuid, "nvmlDeviceGetUUID");
  std::array<char, 128> text{};
  const Return result =
      uuid == nullptr ? k_success : uuid(gpu, text.data(), static_cast<Whole>(text.size()));
  return result == k_gpu_is_lost || result == k_reset_required ? functions.reason(result) : "";
}

void read_facts(const Questions& ask, GpuFacts& gpu) {
  read_identity(ask, gpu);
  read_state(ask, gpu);
  read_links(ask, gpu);
}

}  // namespace assay::nvml
