#include <dlfcn.h>

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "harness/run/gpu_sampler.h"
#include "harness/run/nvml.h"
#include "harness/run/probe.h"
#include "tests/doubles/scripted_probe.h"

namespace assay {
namespace {

constexpr const char* k_hopper = "GPU-0";
constexpr const char* k_blackwell = "GPU-1";

class GpuProbe : public testing::Test {
 protected:
  GpuProbe() {
    host.readings = {{"clock_khz", {3'000'000, ""}}};
    host.clock = 3'000'000;
    host.power = 1;
  }

  /// Of a window with two blocks.
  Readings window(const std::string& library, const std::string& uuid) {
    probe = make_gpu_probe(host, library, uuid);
    const Readings before = probe->read();
    probe->begin_window();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    first = probe->block();
    second = probe->block();
    probe->end_window();
    return window_readings(before, probe->read());
  }

  ScriptedProbe host;
  std::unique_ptr<Probe> probe;
  BlockTelemetry first, second;
};

TEST_F(GpuProbe, GivesEachBlockTheClockAndPowerOfTheGpuWithThatUuid) {
  static_cast<void>(window(ASSAY_FAKE_NVML, k_hopper));
  EXPECT_EQ(first.clock_khz, 1'755'000);
  EXPECT_EQ(first.power_mw, 560'000);
  EXPECT_EQ(second.clock_khz, 1'755'000) << "whether or not a sample had come since the first";
  static_cast<void>(window(ASSAY_FAKE_NVML, k_blackwell));
  EXPECT_EQ(first.clock_khz, 1'950'000);
  EXPECT_EQ(first.power_mw, 812'345) << "the power of the moment, where the driver has it";
}

TEST_F(GpuProbe, ReadsTheGpuBesideTheHost) {
  const Readings all = window(ASSAY_FAKE_NVML, k_hopper);
  EXPECT_EQ(all.at("clock_khz").value, 3'000'000) << "the host's";
  EXPECT_EQ(all.at("gpu_clock_khz_before").value, 1'755'000);
  EXPECT_EQ(all.at("gpu_clock_khz_after").value, 1'755'000);
  EXPECT_EQ(all.at("gpu_clock_min_khz").value, 1'755'000);
  EXPECT_EQ(all.at("gpu_clock_max_khz").value, 1'755'000);
  EXPECT_EQ(all.at("gpu_memory_clock_khz_after").value, 2'619'000);
  EXPECT_EQ(all.at("gpu_temperature_mc_after").value, 31'000);
  EXPECT_EQ(all.at("gpu_memory_temperature_mc_after").value, 44'000);
  EXPECT_EQ(all.at("gpu_power_limit_mw_before").value, 700'000);
  EXPECT_EQ(all.at("gpu_power_limit_mw_after").value, 700'000);
  EXPECT_EQ(all.at("gpu_pcie_generation_after").value, 1);
  EXPECT_EQ(all.at("gpu_pcie_width_after").value, 8);
  EXPECT_EQ(all.at("gpu_ecc_after").value, 1);
  EXPECT_EQ(all.at("gpu_mig_after").value, 0);
}

TEST_F(GpuProbe, CountsWhatTheWindowAdded) {
  const Readings all = window(ASSAY_FAKE_NVML, k_hopper);
  EXPECT_EQ(all.at("gpu_ecc_corrected").value, 0);
  EXPECT_EQ(all.at("gpu_nvlink_replays").value, 0);
  EXPECT_EQ(all.at("gpu_energy_uj").value, 2'000'000) << "2 J from one reading to the next";
  EXPECT_GT(all.at("gpu_power_mw").value.value_or(0), 0);
}

TEST_F(GpuProbe, ACounterThatGoesBackOrLeapsIsNotShown) {
  void* library = ::dlopen(ASSAY_FAKE_NVML, RTLD_NOW);
  ASSERT_NE(library, nullptr);
  const auto set_energy =
      reinterpret_cast<void (*)(unsigned long long)>(::dlsym(library, "assay_set_energy"));
  ASSERT_NE(set_energy, nullptr);
  const auto power_after = [&](unsigned long long energy) {
    probe = make_gpu_probe(host, ASSAY_FAKE_NVML, k_hopper);
    set_energy(1'000'000);
    probe->begin_window();
    set_energy(energy);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    probe->end_window();
    return probe->read();
  };
  for (const unsigned long long energy : {0ULL, 1ULL << 52U}) {
    const Readings all = power_after(energy);
    EXPECT_FALSE(all.at("gpu_power_mw").value);
    EXPECT_FALSE(all.at("gpu_energy_uj").value);
    EXPECT_EQ(all.at("gpu_power_mw").reason,
              "the driver's counter went from 1002000 to " + std::to_string(energy + 2000));
  }
  EXPECT_EQ(power_after(1'003'000).at("gpu_energy_uj").value, 3'000'000);
  set_energy(0);
}

TEST_F(GpuProbe, LeavesOutWhatComesAfterTheWindow) {
  void* library = ::dlopen(ASSAY_FAKE_NVML, RTLD_NOW);
  ASSERT_NE(library, nullptr);
  const auto set_clock =
      reinterpret_cast<void (*)(unsigned)>(::dlsym(library, "assay_set_sm_clock"));
  ASSERT_NE(set_clock, nullptr);
  static_cast<void>(window(ASSAY_FAKE_NVML, k_hopper));
  set_clock(345);  // idle
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const Readings later = probe->read();
  set_clock(0);
  ::dlclose(library);
  EXPECT_EQ(later.at("gpu_clock_khz").value, 345'000) << "the state after it";
  EXPECT_EQ(later.at("gpu_clock_min_khz").value, 1'755'000);
  EXPECT_EQ(later.at("gpu_energy_uj").value, 2'000'000) << "the counter was read at the end";
}

TEST_F(GpuProbe, SharesOutTheReasonsThatHeldTheClock) {
  const Readings all = window(ASSAY_FAKE_NVML, k_hopper);
  EXPECT_EQ(all.at("gpu_power_cap_ppm").value, 1'000'000);
  EXPECT_EQ(all.at("gpu_hw_thermal_ppm").value, 0);
  EXPECT_EQ(all.at("gpu_sync_boost_ppm").value, 0);
}

// Beside the samples: counters of the driver, which see what comes between two of them.
TEST_F(GpuProbe, SharesOutTheTimeThatEachLimiterHeldTheClockBy) {
  const Readings all = window(ASSAY_FAKE_NVML, k_blackwell);
  EXPECT_EQ(all.at("gpu_slowed_power_ppm").value, 250'000);
  EXPECT_EQ(all.at("gpu_slowed_thermal_ppm").value, 0);
  EXPECT_EQ(all.at("gpu_slowed_board_ppm").value, 0);
  EXPECT_EQ(all.at("gpu_slowed_reliability_ppm").reason,
            "nvmlDeviceGetViolationStatus: Not Supported");
  EXPECT_EQ(window(ASSAY_FAKE_NVML, k_hopper).at("gpu_slowed_power_ppm").reason,
            "no time has passed by the driver's clock");
}

TEST_F(GpuProbe, SaysWhyWhatADriverHidesIsNotShown) {
  const Readings all = window(ASSAY_FAKE_NVML, k_blackwell);
  for (const auto& [name, reading] : all) {
    EXPECT_NE(reading.value.has_value(), !reading.reason.empty()) << name;
  }
  EXPECT_EQ(all.at("gpu_energy_uj").reason, "nvmlDeviceGetTotalEnergyConsumption: Not Supported");
  EXPECT_EQ(all.at("gpu_power_mw").value, 812'345) << "then the mean of the samples";
  EXPECT_EQ(all.at("gpu_nvlink_replays").reason,
            "link 0: nvmlDeviceGetNvLinkErrorCounter: Not Supported");
  EXPECT_EQ(all.at("gpu_nvlink_recoveries").value, 0);
}

TEST_F(GpuProbe, SaysOfAllReadingsWhyTheGpuIsNotThere) {
  const std::string unknown = "nvmlDeviceGetHandleByUUID of GPU-9: Not Found";
  const Readings all = window(ASSAY_FAKE_NVML, "GPU-9");
  EXPECT_EQ(first.clock_khz, -1) << "the host's clock is none of a GPU";
  EXPECT_EQ(first.power_mw, -1);
  int of_the_gpu = 0;
  for (const auto& [name, reading] : all) {
    if (name.starts_with("gpu_")) {
      ++of_the_gpu;
      EXPECT_FALSE(reading.value) << name;
      EXPECT_EQ(reading.reason, unknown) << name;
    }
  }
  EXPECT_EQ(of_the_gpu, 37);
}

TEST_F(GpuProbe, NamesTheLibraryThatIsNotThere) {
  const Readings all = window("libnvidia-ml-of-nobody.so.1", k_hopper);
  EXPECT_EQ(all.at("gpu_clock_max_khz").reason.find("libnvidia-ml-of-nobody.so.1"), 0U);
}

TEST(GpuSampler, SamplesWhileNobodyAsks) {
  const auto nvml = Nvml::open(ASSAY_FAKE_NVML);
  ASSERT_TRUE(nvml) << nvml.error().message;
  const auto gpu = (*nvml)->gpu(k_hopper);
  ASSERT_TRUE(gpu) << gpu.error().message;
  GpuSampler sampler(**gpu);
  GpuSums sums;
  for (int wait_ms = 50; wait_ms < 60'000 && sums.clock_mhz.count < 2; wait_ms *= 2) {
    std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
    sums = sampler.take();  // one at most if nobody had sampled meanwhile
  }
  EXPECT_GE(sums.clock_mhz.count, 2);
  EXPECT_EQ(sums.clock_mhz.sum, 1755 * sums.clock_mhz.count);
}

TEST(NvmlGpu, CountsWhatItsLinksSentInBytes) {
  const auto nvml = Nvml::open(ASSAY_FAKE_NVML);
  ASSERT_TRUE(nvml) << nvml.error().message;
  const auto hopper = (*nvml)->gpu(k_hopper);
  ASSERT_TRUE(hopper) << hopper.error().message;
  EXPECT_EQ((*hopper)->sent_over_links().value, 5 * 1024);
  const auto without = (*nvml)->gpu("GPU-1");
  ASSERT_TRUE(without) << without.error().message;
  EXPECT_FALSE((*without)->sent_over_links().value);
  EXPECT_EQ((*without)->sent_over_links().reason, "field 138: Not Supported");
}

GpuSample sample_of(std::int64_t mhz, std::int64_t events) {
  return {.clock_mhz = {mhz, ""}, .power_mw = {mhz * 100, ""}, .events = {events, ""}};
}

TEST(GpuSums, AreMeansAndSharesOfSamples) {
  GpuSums sums;
  sums.take(sample_of(1000, 0x4));
  sums.take(sample_of(1500, 0x4 | 0x40));
  GpuSums more;
  more.take(sample_of(2000, 0));
  more.take(
      GpuSample{.clock_mhz = {{}, "Unknown Error"}, .power_mw = {{}, "x"}, .events = {{}, "y"}});
  sums.take(more);
  EXPECT_EQ(sums.clock_mhz.count, 3);
  EXPECT_EQ(sums.clock_mhz.sum, 4500);
  EXPECT_EQ(sums.clock_mhz.least, 1000);
  EXPECT_EQ(sums.clock_mhz.most, 2000);
  EXPECT_EQ(sums.clock_mhz.reason, "Unknown Error");
  EXPECT_EQ(sums.held.at(0), 2) << "power_cap";
  EXPECT_EQ(sums.held.at(4), 1) << "hw_thermal";
  EXPECT_EQ(sums.events.count, 3);
}

}  // namespace
}  // namespace assay
