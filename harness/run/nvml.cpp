#include "harness/run/nvml.h"

#include <dlfcn.h>

#include <array>
#include <utility>

namespace assay {
namespace {

using Return = int;  // nvmlReturn_t
using Handle = void*;
using Whole = unsigned int;
using Long = unsigned long long;

constexpr Return k_success = 0;
constexpr Whole k_most_gpus = 1024;
constexpr Whole k_most_links = 18;          // NVML_NVLINK_MAX_LINKS
constexpr Long k_largest = Long{1} << 53U;  // beyond it is no count, but an unset counter

struct Memory {  // nvmlMemory_t
  Long total = 0, free = 0, used = 0;
};

struct PciInfo {  // nvmlPciInfo_t
  std::array<char, 16> legacy{};
  Whole domain = 0, bus = 0, device = 0, pci_device = 0, pci_subsystem = 0;
  std::array<char, 32> bus_id{};
};

struct ViolationTime {  // nvmlViolationTime_t
  Long reference_us = 0, violation_ns = 0;
};

struct FieldValue {  // nvmlFieldValue_t
  Whole field = 0, scope = 0;
  long long timestamp = 0, latency_us = 0;
  Whole type = 0;
  Return result = k_success;
  union {
    double real;
    Whole whole;
    Long large = 0;
  } value;
};

// nvmlEccCounterType_t, nvmlMemoryErrorType_t, nvmlClockType_t, nvmlPerfPolicyType_t,
// nvmlNvLinkErrorCounter_t, nvmlValueType_t, NVML_FI_*
constexpr Whole k_volatile = 0, k_aggregate = 1;
constexpr Whole k_corrected = 0, k_uncorrected = 1;
constexpr Whole k_clock_sm = 1, k_clock_memory = 2;
constexpr Whole k_by_power = 0, k_by_heat = 1, k_by_board = 3, k_by_reliability = 5;
constexpr Whole k_link_replay = 0, k_link_recovery = 1, k_link_crc = 2;
constexpr Whole k_type_whole = 1;
constexpr Whole k_field_link_recoveries = 215;  // NVLINK_COUNT_LINK_RECOVERY_EVENTS, Blackwell on
constexpr Whole k_board_temperature = 0;

template <class... Arguments>
using Call = Return (*)(Arguments...);

}  // namespace

struct Nvml::Functions {
  void* library = nullptr;
  Call<> init = nullptr, shutdown = nullptr;
  const char* (*error_string)(Return) = nullptr;
  Call<char*, Whole> driver_version = nullptr;
  Call<Whole*> count = nullptr;
  Call<Whole, Handle*> handle = nullptr;

  template <class Function>
  void load(Function& function, const char* name) const {
    function = reinterpret_cast<Function>(::dlsym(library, name));
  }
  [[nodiscard]] std::string reason(Return result) const {
    return error_string == nullptr ? "error " + std::to_string(result) : error_string(result);
  }
};

namespace {

/// Asks one GPU. Each question is a function by name: one that the driver lacks is a reason.
template <class Functions>
class Questions {
 public:
  Questions(const Functions& functions, Handle gpu) : functions_(functions), gpu_(gpu) {}

  /// What `name(gpu, arguments..., &answer)` says, by `take(answer)`.
  template <class Answer, class Value, class Take, class... Arguments>
  void ask(Fact<Value>& fact, const char* name, Take take, Arguments... arguments) const {
    Call<Handle, Arguments..., Answer*> function = nullptr;
    functions_.load(function, name);
    if (function == nullptr) {
      fact.reason = "the driver's library has no " + std::string(name);
      return;
    }
    Answer answer{};
    const Return result = function(gpu_, arguments..., &answer);
    if (result != k_success) {
      fact.reason = std::string(name) + ": " + functions_.reason(result);
      return;
    }
    take(answer, fact);
  }

  template <class... Arguments>
  void number(Fact<std::int64_t>& fact, const char* name, Arguments... arguments) const {
    ask<Whole>(
        fact, name, [](Whole answer, auto& into) { into.value = answer; }, arguments...);
  }
  template <class... Arguments>
  void count(Fact<std::int64_t>& fact, const char* name, Arguments... arguments) const {
    ask<Long>(
        fact, name, [](Long answer, auto& into) { set_count(into, answer); }, arguments...);
  }
  void text(Fact<std::string>& fact, const char* name) const {
    Call<Handle, char*, Whole> function = nullptr;
    functions_.load(function, name);
    std::array<char, 128> answer{};
    const Return result =
        function == nullptr ? -1 : function(gpu_, answer.data(), static_cast<Whole>(answer.size()));
    if (function == nullptr) {
      fact.reason = "the driver's library has no " + std::string(name);
    } else if (result != k_success) {
      fact.reason = std::string(name) + ": " + functions_.reason(result);
    } else {
      set_text(fact, answer.data());
    }
  }
  /// The present one of a present and a pending state.
  void state(Fact<bool>& fact, const char* name) const {
    Call<Handle, Whole*, Whole*> function = nullptr;
    functions_.load(function, name);
    Whole present = 0;
    Whole pending = 0;
    const Return result = function == nullptr ? -1 : function(gpu_, &present, &pending);
    if (function == nullptr) {
      fact.reason = "the driver's library has no " + std::string(name);
    } else if (result != k_success) {
      fact.reason = std::string(name) + ": " + functions_.reason(result);
    } else {
      fact.value = present != 0;
    }
  }
  void rows(GpuFacts& gpu) const {
    constexpr const char* k_name = "nvmlDeviceGetRemappedRows";
    Call<Handle, Whole*, Whole*, Whole*, Whole*> function = nullptr;
    functions_.load(function, k_name);
    Whole correctable = 0;
    Whole uncorrectable = 0;
    Whole pending = 0;
    Whole failed = 0;
    const Return result =
        function == nullptr ? -1 : function(gpu_, &correctable, &uncorrectable, &pending, &failed);
    if (result == k_success) {
      gpu.remapped_correctable.value = correctable;
      gpu.remapped_uncorrectable.value = uncorrectable;
      gpu.remap_pending.value = pending != 0;
      gpu.remap_failed.value = failed != 0;
      return;
    }
    gpu.remapped_correctable.reason = gpu.remapped_uncorrectable.reason = gpu.remap_pending.reason =
        gpu.remap_failed.reason =
            function == nullptr ? "the driver's library has no " + std::string(k_name)
                                : std::string(k_name) + ": " + functions_.reason(result);
  }
  void recoveries(Fact<std::int64_t>& fact, Whole link) const {
    count(fact, "nvmlDeviceGetNvLinkErrorCounter", link, k_link_recovery);
    Call<Handle, int, FieldValue*> function = nullptr;
    functions_.load(function, "nvmlDeviceGetFieldValues");
    if (fact.value || function == nullptr) {
      return;
    }
    FieldValue field;
    field.field = k_field_link_recoveries;
    field.scope = link;
    if (function(gpu_, 1, &field) == k_success && field.result == k_success) {
      fact.reason.clear();
      set_count(fact, field.type == k_type_whole ? field.value.whole : field.value.large);
    } else {
      fact.reason += "; field 215: " + functions_.reason(field.result);
    }
  }
  void slowed(Fact<std::int64_t>& fact, Fact<std::int64_t>& clock, Whole policy) const {
    constexpr Long k_ns_per_us = 1000;
    ask<ViolationTime>(
        fact, "nvmlDeviceGetViolationStatus",
        [&clock](const ViolationTime& answer, auto& into) {
          set_count(into, answer.violation_ns / k_ns_per_us);
          set_count(clock, answer.reference_us);
        },
        policy);
  }

  static void set_text(Fact<std::string>& fact, const std::string& text) {
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
  static void set_count(Fact<std::int64_t>& fact, Long value) {
    if (value < k_largest) {
      fact.value = static_cast<std::int64_t>(value);
    } else {
      fact.reason = "the driver gives " + std::to_string(value) + ", which is no count";
    }
  }

 private:
  const Functions& functions_;
  Handle gpu_;
};

template <class Ask>
void read_identity(const Ask& ask, GpuFacts& gpu) {
  ask.text(gpu.model, "nvmlDeviceGetName");
  ask.text(gpu.uuid, "nvmlDeviceGetUUID");
  ask.text(gpu.serial, "nvmlDeviceGetSerial");
  ask.text(gpu.board_part, "nvmlDeviceGetBoardPartNumber");
  ask.text(gpu.vbios, "nvmlDeviceGetVbiosVersion");
  ask.text(gpu.inforom, "nvmlDeviceGetInforomImageVersion");
  ask.template ask<PciInfo>(gpu.pci, "nvmlDeviceGetPciInfo_v3",
                            [](PciInfo& info, Fact<std::string>& fact) {
                              info.bus_id.back() = '\0';
                              Ask::set_text(fact, info.bus_id.data());
                            });
}

template <class Ask>
void read_state(const Ask& ask, GpuFacts& gpu) {
  ask.template ask<Memory>(
      gpu.memory_bytes, "nvmlDeviceGetMemoryInfo",
      [](const Memory& memory, Fact<std::int64_t>& fact) { Ask::set_count(fact, memory.total); });
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
  ask.slowed(gpu.slowed_power_us, gpu.clock_us, k_by_power);
  ask.slowed(gpu.slowed_board_us, gpu.clock_us, k_by_board);
  ask.slowed(gpu.slowed_reliability_us, gpu.clock_us, k_by_reliability);
  ask.slowed(gpu.slowed_thermal_us, gpu.clock_us, k_by_heat);
  if (gpu.clock_us.value) {
    gpu.clock_us.reason.clear();
  }
}

/// Links that the GPU doesn't have are refused by the driver, and are none.
template <class Ask>
void read_links(const Ask& ask, GpuFacts& gpu) {
  constexpr const char* k_errors = "nvmlDeviceGetNvLinkErrorCounter";
  for (Whole link = 0; link < k_most_links; ++link) {
    LinkFacts facts{.link = link};
    ask.template ask<Whole>(
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

Nvml::Nvml(std::unique_ptr<Functions> functions) : functions_(std::move(functions)) {}

Nvml::~Nvml() = default;  // the library stays mapped: it may have threads of its own

Result<std::unique_ptr<Nvml>> Nvml::open(const std::string& file) {
  auto functions = std::make_unique<Functions>();
  functions->library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (functions->library == nullptr) {
    return Error{Error::Code::unsupported,
                 file +
                     " of the NVIDIA driver is not on this machine, so nobody can say what GPUs "
                     "it has"};
  }
  functions->load(functions->init, "nvmlInit_v2");
  functions->load(functions->shutdown, "nvmlShutdown");
  functions->load(functions->error_string, "nvmlErrorString");
  functions->load(functions->driver_version, "nvmlSystemGetDriverVersion");
  functions->load(functions->count, "nvmlDeviceGetCount_v2");
  functions->load(functions->handle, "nvmlDeviceGetHandleByIndex_v2");
  if (functions->init == nullptr || functions->shutdown == nullptr ||
      functions->driver_version == nullptr || functions->count == nullptr ||
      functions->handle == nullptr) {
    return Error{Error::Code::unsupported, file +
                                               " lacks functions that every driver since 2013 "
                                               "has (nvmlInit_v2, nvmlDeviceGetCount_v2, ...)"};
  }
  return std::unique_ptr<Nvml>(new Nvml(std::move(functions)));
}

Result<MachineFacts> Nvml::read() {
  const Functions& functions = *functions_;
  if (const Return result = functions.init(); result != k_success) {
    return Error{Error::Code::unsupported, "nvmlInit_v2: " + functions.reason(result)};
  }
  MachineFacts facts;
  facts.source = "nvml";
  std::array<char, 128> version{};
  if (functions.driver_version(version.data(), static_cast<Whole>(version.size())) == k_success) {
    Questions<Functions>::set_text(facts.driver, version.data());
  } else {
    facts.driver.reason = "nvmlSystemGetDriverVersion gave none";
  }
  Whole count = 0;
  if (const Return result = functions.count(&count); result != k_success || count > k_most_gpus) {
    static_cast<void>(functions.shutdown());
    return Error{Error::Code::unsupported, "nvmlDeviceGetCount_v2: " + functions.reason(result)};
  }
  facts.gpu_count.value = count;
  for (Whole index = 0; index < count; ++index) {
    GpuFacts gpu{.index = index};
    Handle handle = nullptr;
    if (const Return result = functions.handle(index, &handle); result != k_success) {
      gpu.lost = functions.reason(result);
    } else {
      const Questions<Functions> ask(functions, handle);
      read_identity(ask, gpu);
      read_state(ask, gpu);
      read_links(ask, gpu);
    }
    facts.gpus.push_back(std::move(gpu));
  }
  static_cast<void>(functions.shutdown());
  return facts;
}

}  // namespace assay
