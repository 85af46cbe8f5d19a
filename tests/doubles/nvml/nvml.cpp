// A library that answers like NVIDIA's, for the one test of our declarations: GPU 0 as Hopper
// counts, GPU 1 as Blackwell does, GPU 2 is lost, GPU 3 is lost since the driver was asked for it,
// GPU 4 is nobody's business. It has no nvmlDeviceGetBoardPartNumber, and the
// clocks' reasons by their name before driver 535 only.
#include <atomic>
#include <cstdint>
#include <cstring>

#include "tests/doubles/nvml/declarations.h"

namespace {

using namespace assay::nvml_double;  // NOLINT(google-build-using-namespace): a C library's names

int gpus[4] = {0, 1, 2, 3};

int number_of(const void* gpu) {
  return *static_cast<const int*>(gpu);
}

int copy(const char* text, char* into, unsigned size) {
  std::strncpy(into, text, size - 1);
  into[size - 1] = '\0';
  return 0;
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
  return copy("580.95.05", text, size);
}
NVML_SHOWN int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 5;
  return 0;
}
NVML_SHOWN int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** gpu) {
  const bool known = index < 2 || index == 3;
  *gpu = known ? &gpus[index] : nullptr;
  return known ? 0 : index == 4 ? k_no_permission : k_gpu_is_lost;
}
NVML_SHOWN int nvmlDeviceGetName(void* gpu, char* text, unsigned size) {
  return copy(number_of(gpu) == 0 ? "NVIDIA H100 80GB HBM3" : "NVIDIA B200", text, size);
}
NVML_SHOWN int nvmlDeviceGetUUID(void* gpu, char* text, unsigned size) {
  return number_of(gpu) == 3 ? k_gpu_is_lost
                             : copy(number_of(gpu) == 0 ? "GPU-0" : "GPU-1", text, size);
}
NVML_SHOWN int nvmlDeviceGetSerial(void* gpu, char* text, unsigned size) {
  return number_of(gpu) == 0 ? copy("1654623000300", text, size) : k_not_supported;
}
NVML_SHOWN int nvmlDeviceGetVbiosVersion(void*, char* text, unsigned size) {
  return copy("96.00.A5", text, size);
}
NVML_SHOWN int nvmlDeviceGetInforomImageVersion(void*, char* text, unsigned size) {
  return copy("G520", text, size);
}
NVML_SHOWN int nvmlDeviceGetPciInfo_v3(void*, Pci* pci) {
  return copy("00000000:19:00.0", pci->bus_id, sizeof pci->bus_id);
}
NVML_SHOWN int nvmlDeviceGetMemoryInfo(void*, Memory* memory) {
  *memory = {85'520'809'984ULL, 1, 2};
  return 0;
}
NVML_SHOWN int nvmlDeviceGetEnforcedPowerLimit(void*, unsigned* milliwatts) {
  *milliwatts = 700'000;
  return 0;
}
NVML_SHOWN int nvmlDeviceGetTemperature(void*, unsigned, unsigned* celsius) {
  *celsius = 31;
  return 0;
}
NVML_SHOWN int nvmlDeviceGetMaxClockInfo(void*, unsigned type, unsigned* mhz) {
  *mhz = type == 1 ? 1980 : 2619;
  return 0;
}
NVML_SHOWN int nvmlDeviceGetCurrPcieLinkGeneration(void*, unsigned* generation) {
  *generation = 1;
  return 0;
}
NVML_SHOWN int nvmlDeviceGetMaxPcieLinkGeneration(void*, unsigned* generation) {
  *generation = 5;
  return 0;
}
NVML_SHOWN int nvmlDeviceGetCurrPcieLinkWidth(void*, unsigned* width) {
  *width = 8;
  return 0;
}
NVML_SHOWN int nvmlDeviceGetMaxPcieLinkWidth(void*, unsigned* width) {
  *width = 16;
  return 0;
}
NVML_SHOWN int nvmlDeviceGetEccMode(void*, unsigned* present, unsigned* pending) {
  *present = 1;
  *pending = 0;
  return 0;
}
NVML_SHOWN int nvmlDeviceGetMigMode(void*, unsigned* present, unsigned* pending) {
  *present = 0;
  *pending = 1;
  return 0;
}
NVML_SHOWN int nvmlDeviceGetRemappedRows(void*, unsigned* correctable, unsigned* uncorrectable,
                                         unsigned* pending, unsigned* failed) {
  *correctable = 4;
  *uncorrectable = 1;
  *pending = 1;
  *failed = 0;
  return 0;
}
NVML_SHOWN int nvmlDeviceGetTotalEccErrors(void*, unsigned type, unsigned counter,
                                           unsigned long long* count) {
  *count = type * 10 + counter;  // a value for each: corrected or not, volatile or aggregate
  return 0;
}
// Hopper's stand still. Blackwell's go on by a second with each question, a quarter of which power
// takes; it counts no time for reliability.
NVML_SHOWN int nvmlDeviceGetViolationStatus(void* gpu, unsigned policy, Violation* violation) {
  static unsigned long long asked = 0;
  *violation = {5'000'000, policy * 1'000'000ULL};
  if (number_of(gpu) == 0) {
    return 0;
  }
  const unsigned long long seconds = ++asked;
  violation->reference_us += seconds * 1'000'000;
  violation->violation_ns += policy == k_policy_power ? seconds * 250'000'000 : 0;
  return policy == k_policy_reliability ? k_not_supported : 0;
}
NVML_SHOWN int nvmlDeviceGetNvLinkState(void*, unsigned link, unsigned* active) {
  *active = link == 0 ? 1 : 0;
  return link < 2 ? 0 : k_not_supported;
}
NVML_SHOWN int nvmlDeviceGetNvLinkErrorCounter(void* gpu, unsigned link, unsigned counter,
                                               unsigned long long* count) {
  *count = link * 100ULL + counter;
  return number_of(gpu) == 0 ? 0 : k_not_supported;
}
NVML_SHOWN int nvmlDeviceGetFieldValues(void* gpu, int, Field* field) {
  const bool blackwell = number_of(gpu) == 1;
  const unsigned asked = field->field;
  const bool sent = asked == k_nvlink_data_sent && field->scope == k_every_link && !blackwell;
  const bool known =
      sent || asked == 215 || (asked == 82 && !blackwell) || (asked == 186 && blackwell);
  field->result = known ? 0 : k_not_supported;
  field->type = sent || asked == 215 ? k_unsigned_long_long : 1;
  field->value = sent ? 5 : asked == 215 ? 7 + field->scope : asked == 82 ? 44 : 812'345;
  return 0;
}
NVML_SHOWN int nvmlDeviceGetHandleByUUID(const char* uuid, void** gpu) {
  const bool hopper = std::strcmp(uuid, "GPU-0") == 0;
  *gpu = hopper ? &gpus[0] : &gpus[1];
  return hopper || std::strcmp(uuid, "GPU-1") == 0 ? 0 : k_not_found;
}
/// For a test: what the SMs' clock is from now on; 0 as it is.
std::atomic<unsigned> other_clock{0};
NVML_SHOWN void assay_set_sm_clock(unsigned mhz) {
  other_clock = mhz;
}
NVML_SHOWN int nvmlDeviceGetClockInfo(void* gpu, unsigned type, unsigned* mhz) {
  *mhz = type == 2             ? 2619
         : other_clock != 0    ? other_clock.load()
         : number_of(gpu) == 0 ? 1755
                               : 1950;
  return 0;
}
NVML_SHOWN int nvmlDeviceGetPowerUsage(void*, unsigned* milliwatts) {
  *milliwatts = 560'000;
  return 0;
}
/// For a test: what the energy counter goes on from.
std::atomic<unsigned long long> spent = 0;
NVML_SHOWN void assay_set_energy(unsigned long long millijoules) {
  spent = millijoules;
}
NVML_SHOWN int nvmlDeviceGetTotalEnergyConsumption(void* gpu, unsigned long long* millijoules) {
  *millijoules = spent += 2000;  // 2 J from one question to the next
  return number_of(gpu) == 0 ? 0 : k_not_supported;
}
NVML_SHOWN int nvmlDeviceGetCurrentClocksThrottleReasons(void*, unsigned long long* reasons) {
  *reasons = 4;  // the power cap
  return 0;
}
