// The emulated machine's management library: the functions of NVML that the probe of a GPU calls,
// by the names that a driver gives them. What it shows fits the machine: a throttled GPU shows the
// clock, the power and the reason of one that works a tenth of the time.
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "tests/doubles/cuda/device.h"
#include "tests/doubles/cuda/machine.h"
#include "tests/doubles/cuda/nccl.h"
#include "tests/doubles/nvml/declarations.h"

namespace {

using namespace assay::nvml_double;  // NOLINT(google-build-using-namespace): a C library's names
using assay::emulated::Fault;
using assay::emulated::machine;

constexpr int k_most_gpus = 16;
constexpr unsigned long long k_hw_thermal = 0x48;  // and the hardware slowdown that it is one of

int gpus[k_most_gpus] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};  // NOLINT: handles

Fault fault_of(const void* gpu) {
  return assay::emulated::fault_of(*static_cast<const int*>(gpu));
}

/// Of the GPU's work 82 % of its limit, as nodes under load were measured (arXiv 2412.08602), and a
/// tenth of the limit without any.
unsigned power_of(const void* gpu) {
  constexpr unsigned k_percent = 100;
  constexpr unsigned k_idle = 10;
  constexpr unsigned k_busy = 82;
  const unsigned share =
      fault_of(gpu) == Fault::throttled ? k_idle + (k_busy - k_idle) / 10 : k_busy;
  return machine().gpu->power_limit_mw / k_percent * share;
}

unsigned long long microseconds_since_start() {
  static const auto begun = std::chrono::steady_clock::now();
  const auto time = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begun);
  return static_cast<unsigned long long>(time.count());
}

}  // namespace

NVML_SHOWN int nvmlInit_v2() {
  return 0;
}
NVML_SHOWN int nvmlShutdown() {
  return 0;
}
NVML_SHOWN const char* nvmlErrorString(int result) {
  return error_text(result);
}
NVML_SHOWN int nvmlSystemGetDriverVersion(char* text, unsigned size) {
  std::strncpy(text, "emulated", size - 1);
  text[size - 1] = '\0';
  return 0;
}
NVML_SHOWN int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = static_cast<unsigned>(machine().gpus);
  return 0;
}
// The last GPU first: nobody may take the numbers of NVML for those of CUDA.
NVML_SHOWN int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** gpu) {
  const int last = machine().gpus - 1 - static_cast<int>(index);
  *gpu = last >= 0 ? &gpus[last] : nullptr;
  return last >= 0 ? 0 : k_invalid;
}
/// "GPU-656d756c-6174-6564-0000-00000000000a" is that of GPU 10, as cudaGetDeviceProperties has it.
NVML_SHOWN int nvmlDeviceGetHandleByUUID(const char* uuid, void** gpu) {
  const std::string_view text(uuid);
  unsigned number = 0;
  if (!text.starts_with("GPU-656d756c-6174-6564-0000-") ||
      std::from_chars(text.end() - 2, text.end(), number, 16).ptr != text.end() ||
      number >= static_cast<unsigned>(machine().gpus)) {
    return k_not_found;
  }
  *gpu = &gpus[number];
  return 0;
}
NVML_SHOWN int nvmlDeviceGetClockInfo(void* gpu, unsigned type, unsigned* mhz) {
  const Fault fault = fault_of(gpu);
  if (type != k_clock_sm) {
    *mhz = machine().gpu->memory_clock_mhz;
    return 0;
  }
  const unsigned clock = machine().gpu->clock_mhz;
  *mhz = fault == Fault::throttled ? clock / 10 : fault == Fault::low_clock ? 1 : clock;
  return fault == Fault::hidden_clock ? k_not_supported : 0;
}
NVML_SHOWN int nvmlDeviceGetPowerUsage(void* gpu, unsigned* milliwatts) {
  *milliwatts = power_of(gpu);
  return 0;
}
NVML_SHOWN int nvmlDeviceGetTotalEnergyConsumption(void* gpu, unsigned long long* millijoules) {
  constexpr unsigned long long k_us_per_s = 1'000'000;
  *millijoules = microseconds_since_start() * power_of(gpu) / k_us_per_s;
  return 0;
}
NVML_SHOWN int nvmlDeviceGetCurrentClocksEventReasons(void* gpu, unsigned long long* reasons) {
  *reasons = fault_of(gpu) == Fault::throttled ? k_hw_thermal : 0;
  return 0;
}
/// A throttled GPU is held down by heat all the time.
NVML_SHOWN int nvmlDeviceGetViolationStatus(void* gpu, unsigned policy, Violation* violation) {
  constexpr unsigned long long k_ns_per_us = 1000;
  const unsigned long long now = microseconds_since_start();
  const bool slowed = policy == k_policy_thermal && fault_of(gpu) == Fault::throttled;
  *violation = {now, slowed ? now * k_ns_per_us : 0};
  return 0;
}
NVML_SHOWN int nvmlDeviceGetEnforcedPowerLimit(void* gpu, unsigned* milliwatts) {
  const unsigned limit = machine().gpu->power_limit_mw;
  *milliwatts = fault_of(gpu) == Fault::low_power_limit ? limit / 10 * 7 : limit;
  return 0;
}
NVML_SHOWN int nvmlDeviceGetTemperature(void* gpu, unsigned /*sensor*/, unsigned* celsius) {
  *celsius = fault_of(gpu) == Fault::throttled ? 88 : 61;
  return 0;
}
NVML_SHOWN int nvmlDeviceGetEccMode(void* /*gpu*/, unsigned* present, unsigned* pending) {
  *present = *pending = 1;
  return 0;
}
NVML_SHOWN int nvmlDeviceGetMigMode(void* /*gpu*/, unsigned* present, unsigned* pending) {
  *present = *pending = 0;
  return 0;
}
NVML_SHOWN int nvmlDeviceGetTotalEccErrors(void* /*gpu*/, unsigned /*type*/, unsigned /*counter*/,
                                           unsigned long long* count) {
  *count = 0;
  return 0;
}
NVML_SHOWN int nvmlDeviceGetCurrPcieLinkGeneration(void* /*gpu*/, unsigned* generation) {
  *generation = 5;
  return 0;
}
NVML_SHOWN int nvmlDeviceGetCurrPcieLinkWidth(void* /*gpu*/, unsigned* width) {
  *width = 16;
  return 0;
}
/// What NVLinks sent is known of all of a GPU's together, in KiB.
NVML_SHOWN int nvmlDeviceGetFieldValues(void* /*gpu*/, int /*count*/, Field* field) {
  const bool is_known = field->field == k_nvlink_data_sent && field->scope == k_every_link;
  field->result = is_known ? 0 : k_not_supported;
  field->type = k_unsigned_long_long;
  field->value = is_known ? assay::emulated::sent_over_nvlinks() >> 10U : 0;
  return 0;
}
