#include "harness/run/nvml_gpu.h"

#include <utility>

#include "harness/run/nvml_questions.h"

namespace assay {

NvmlGpu::NvmlGpu(std::shared_ptr<const nvml::Functions> functions, void* handle)
    : functions_(std::move(functions)), handle_(handle) {}

NvmlGpu::~NvmlGpu() {
  static_cast<void>(functions_->shutdown());
}

Result<std::unique_ptr<NvmlGpu>> NvmlGpu::find(std::shared_ptr<const nvml::Functions> functions,
                                               const std::string& uuid) {
  const nvml::Functions& known = *functions;
  if (known.handle_by_uuid == nullptr) {
    return Error{Error::Code::unsupported, "the driver's library has no nvmlDeviceGetHandleByUUID"};
  }
  if (const nvml::Return result = known.init(); result != nvml::k_success) {
    return Error{Error::Code::unsupported, "nvmlInit_v2: " + known.reason(result)};
  }
  nvml::Handle handle = nullptr;
  if (const nvml::Return result = known.handle_by_uuid(uuid.c_str(), &handle);
      result != nvml::k_success) {
    static_cast<void>(known.shutdown());
    return Error{Error::Code::unsupported,
                 "nvmlDeviceGetHandleByUUID of " + uuid + ": " + known.reason(result)};
  }
  return std::unique_ptr<NvmlGpu>(new NvmlGpu(std::move(functions), handle));
}

nvml::Questions NvmlGpu::ask() const {
  return {*functions_, handle_};
}

GpuSample NvmlGpu::sample() const {
  const nvml::Questions ask = this->ask();
  GpuSample sample;
  ask.number(sample.clock_mhz, "nvmlDeviceGetClockInfo", nvml::k_clock_sm);
  ask.field(sample.power_mw, nvml::k_field_power_now);
  if (!sample.power_mw.value) {
    sample.power_mw = {};
    ask.number(sample.power_mw, "nvmlDeviceGetPowerUsage");
  }
  ask.count(sample.events, "nvmlDeviceGetCurrentClocksEventReasons");
  if (!sample.events.value) {
    sample.events = {};
    ask.count(sample.events, "nvmlDeviceGetCurrentClocksThrottleReasons");  // its name before 535
  }
  return sample;
}

Fact<std::int64_t> NvmlGpu::energy_mj() const {
  Fact<std::int64_t> energy;
  ask().count(energy, "nvmlDeviceGetTotalEnergyConsumption");
  return energy;
}

Fact<std::int64_t> NvmlGpu::sent_over_links() const {
  constexpr std::int64_t k_kib = 1024;
  Fact<std::int64_t> sent;
  ask().field(sent, nvml::k_field_links_sent_kib, nvml::k_all_links);
  if (sent.value && *sent.value > static_cast<std::int64_t>(nvml::k_largest) / k_kib) {
    return {.value = std::nullopt, .reason = "its NVLinks count more than any can have sent"};
  }
  if (sent.value) {
    *sent.value *= k_kib;
  }
  return sent;
}

std::array<SlowedTime, k_limiters.size()> NvmlGpu::slowed() const {
  std::array<SlowedTime, k_limiters.size()> times;
  for (std::size_t i = 0; i < times.size(); ++i) {
    ask().slowed(times.at(i).slowed_us, times.at(i).clock_us, k_limiters.at(i).policy);
  }
  return times;
}

GpuState NvmlGpu::state() const {
  const nvml::Questions ask = this->ask();
  GpuState state;
  nvml::read_facts(ask, state.facts);
  ask.number(state.clock_mhz, "nvmlDeviceGetClockInfo", nvml::k_clock_sm);
  ask.number(state.memory_clock_mhz, "nvmlDeviceGetClockInfo", nvml::k_clock_memory);
  ask.field(state.memory_temperature_c, nvml::k_field_memory_temperature);
  return state;
}

}  // namespace assay
