// NVML's types and values by our own declarations, and how one GPU is asked. Names, types and
// values as in nvml.h of CUDA 12.9; what a driver lacks is a function that isn't there.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "harness/model/gpu_facts.h"
#include "kernels/shared_library.h"

namespace assay::nvml {

using Return = int;  // nvmlReturn_t
using Handle = void*;
using Whole = unsigned int;
using Long = unsigned long long;

inline constexpr Return k_success = 0;
inline constexpr Return k_no_permission = 4;
inline constexpr Return k_gpu_is_lost = 15, k_reset_required = 16;
inline constexpr Whole k_most_gpus = 1024;
inline constexpr Whole k_most_links = 18;          // NVML_NVLINK_MAX_LINKS
inline constexpr Long k_largest = Long{1} << 53U;  // beyond it is no count, but an unset counter

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

// nvmlEccCounterType_t, nvmlMemoryErrorType_t, nvmlClockType_t, nvmlNvLinkErrorCounter_t,
// nvmlValueType_t, NVML_FI_*
inline constexpr Whole k_volatile = 0, k_aggregate = 1;
inline constexpr Whole k_corrected = 0, k_uncorrected = 1;
inline constexpr Whole k_clock_sm = 1, k_clock_memory = 2;
inline constexpr Whole k_link_replay = 0, k_link_recovery = 1, k_link_crc = 2;
inline constexpr Whole k_type_whole = 1;
inline constexpr Whole k_field_memory_temperature = 82;  // MEMORY_TEMP
inline constexpr Whole k_field_power_now = 186;          // POWER_INSTANT
inline constexpr Whole k_field_link_recoveries =
    215;  // NVLINK_COUNT_LINK_RECOVERY_EVENTS, Blackwell on
inline constexpr Whole k_field_links_sent_kib = 138;  // NVLINK_THROUGHPUT_DATA_TX, in KiB
inline constexpr Whole k_all_links = ~Whole{0};       // as a scope: the sum over all links
inline constexpr Whole k_board_temperature = 0;

template <class... Arguments>
using Call = Return (*)(Arguments...);

/// What was found in the library.
struct Functions {
  SharedLibrary library;
  Call<> init = nullptr, shutdown = nullptr;
  const char* (*error_string)(Return) = nullptr;
  Call<char*, Whole> driver_version = nullptr;
  Call<Whole*> count = nullptr;
  Call<Whole, Handle*> handle = nullptr;
  Call<const char*, Handle*> handle_by_uuid = nullptr;

  template <class Function>
  void load(Function*& function, const char* name) const {
    library.look_up(name, function);
  }
  [[nodiscard]] std::string reason(Return result) const {
    return error_string == nullptr ? "error " + std::to_string(result) : error_string(result);
  }
};

/// Asks one GPU. Each question is a function by name: one that the driver lacks is a reason.
class Questions {
 public:
  Questions(const Functions& functions, Handle gpu) : functions_(functions), gpu_(gpu) {}

  /// What `name(gpu, arguments..., &answer)` says, by `take(answer)`.
  template <class Answer, class Value, class Take, class... Arguments>
  void ask(Fact<Value>& fact, const char* name, Take take, Arguments... arguments) const {
    Answer answer{};
    fact.reason = refusal(name, arguments..., &answer);
    if (fact.reason.empty()) {
      take(answer, fact);
    }
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
  void text(Fact<std::string>& fact, const char* name) const;
  /// The present one of a present and a pending state.
  void state(Fact<bool>& fact, const char* name) const;
  /// One of nvmlDeviceGetFieldValues, which is how the driver shows what has no function.
  void field(Fact<std::int64_t>& fact, Whole id, Whole scope = 0) const;
  void rows(GpuFacts& gpu) const;
  void recoveries(Fact<std::int64_t>& fact, Whole link) const;
  void slowed(Fact<std::int64_t>& fact, Fact<std::int64_t>& clock, Whole policy) const;

  static void set_text(Fact<std::string>& fact, const std::string& text);
  static void set_count(Fact<std::int64_t>& fact, Long value);

 private:
  /// Calls `name(gpu, arguments...)`: "" if it answered, else why not.
  template <class... Arguments>
  [[nodiscard]] std::string refusal(const char* name, Arguments... arguments) const {
    Call<Handle, Arguments...> function = nullptr;
    functions_.load(function, name);
    if (function == nullptr) {
      return "the driver's library has no " + std::string(name);
    }
    const Return result = function(gpu_, arguments...);
    return result == k_success ? "" : std::string(name) + ": " + functions_.reason(result);
  }

  const Functions& functions_;
  Handle gpu_;
};

/// Why the GPU doesn't answer though the driver knows it: it is gone, or waits for a reset. "" if
/// it answers, or if whoever asks may not know.
[[nodiscard]] std::string loss_of(const Functions& functions, Handle gpu);

/// All facts of one GPU, links and all, into those of `gpu` that stand empty.
void read_facts(const Questions& ask, GpuFacts& gpu);

}  // namespace assay::nvml
