// NVML's types and values as the stand-ins for it have them: written down a second time, from
// nvml.h, so that a slip in harness/run/nvml_questions.h shows and is not shared.
#pragma once

/// A function that is found by the name that a driver gives it.
#define NVML_SHOWN extern "C" __attribute__((visibility("default")))  // NOLINT: as C libraries do

namespace assay::nvml_double {

// nvmlReturn_t
inline constexpr int k_ok = 0;
inline constexpr int k_invalid = 2;
inline constexpr int k_not_supported = 3;
inline constexpr int k_no_permission = 4;
inline constexpr int k_not_found = 6;
inline constexpr int k_gpu_is_lost = 15;

// nvmlClockType_t, nvmlPerfPolicyType_t
inline constexpr unsigned k_clock_sm = 1;
inline constexpr unsigned k_clock_memory = 2;
inline constexpr unsigned k_policy_power = 0;
inline constexpr unsigned k_policy_thermal = 1;
inline constexpr unsigned k_policy_reliability = 5;

// NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_TX, of which UINT_MAX is every link; nvmlValueType_t
inline constexpr unsigned k_nvlink_data_sent = 138;
inline constexpr unsigned k_every_link = 0xffffffff;
inline constexpr unsigned k_unsigned_long_long = 3;

// NOLINTBEGIN(modernize-avoid-c-arrays): as in nvml.h
struct Pci {  // nvmlPciInfo_t
  char legacy[16];
  unsigned domain, bus, device, id, subsystem;
  char bus_id[32];
};
// NOLINTEND(modernize-avoid-c-arrays)

struct Memory {  // nvmlMemory_t
  unsigned long long total, free, used;
};

struct Violation {  // nvmlViolationTime_t
  unsigned long long reference_us, violation_ns;
};

struct Field {  // nvmlFieldValue_t
  unsigned field, scope;
  long long timestamp, latency;
  unsigned type;
  int result;
  unsigned long long value;
};

/// What nvmlErrorString says of these.
inline const char* error_text(int result) {
  return result == k_gpu_is_lost     ? "GPU is lost"
         : result == k_not_found     ? "Not Found"
         : result == k_no_permission ? "Insufficient Permissions"
         : result == k_invalid       ? "Invalid Argument"
                                     : "Not Supported";
}

}  // namespace assay::nvml_double
