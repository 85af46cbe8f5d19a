#include "harness/run/nvml.h"

#include <gtest/gtest.h>

#include "harness/run/gpu_inventory.h"
#include "harness/run/host_facts.h"
#include "harness/run/kernel_log.h"

namespace assay {
namespace {

MachineFacts read_fake() {
  const auto nvml = Nvml::open(ASSAY_FAKE_NVML);
  EXPECT_TRUE(nvml) << nvml.error().message;
  auto facts = (*nvml)->read();
  EXPECT_TRUE(facts) << facts.error().message;
  return *std::move(facts);
}

TEST(Nvml, SaysWhichFileItLookedForWhereThereIsNone) {
  const auto nvml = Nvml::open("libnvidia-ml-of-nobody.so.1");
  ASSERT_FALSE(nvml);
  EXPECT_EQ(nvml.error().code, Error::Code::unsupported);
  EXPECT_EQ(nvml.error().message,
            "libnvidia-ml-of-nobody.so.1 of the NVIDIA driver is not on this machine, so nobody "
            "can say what GPUs it has");
}

TEST(Nvml, ReadsWhatEachGpuShows) {
  const MachineFacts facts = read_fake();
  EXPECT_EQ(facts.source, "nvml");
  EXPECT_EQ(facts.driver.value, "580.95.05");
  EXPECT_EQ(facts.gpu_count.value, 3);
  const GpuFacts& gpu = facts.gpus.at(0);
  EXPECT_EQ(gpu.model.value, "NVIDIA H100 80GB HBM3");
  EXPECT_EQ(gpu.uuid.value, "GPU-0");
  EXPECT_EQ(gpu.serial.value, "1654623000300");
  EXPECT_EQ(gpu.pci.value, "00000000:19:00.0");
  EXPECT_EQ(gpu.memory_bytes.value, 85'520'809'984);
  EXPECT_EQ(gpu.power_limit_mw.value, 700'000);
  EXPECT_EQ(gpu.clock_max_sm_mhz.value, 1980);
  EXPECT_EQ(gpu.clock_max_memory_mhz.value, 2619);
  EXPECT_EQ(gpu.pcie_generation.value, 1);
  EXPECT_EQ(gpu.pcie_generation_max.value, 5);
  EXPECT_EQ(gpu.pcie_width.value, 8);
  EXPECT_EQ(gpu.pcie_width_max.value, 16);
  EXPECT_EQ(gpu.ecc.value, true);
  EXPECT_EQ(gpu.mig.value, false) << "pending is not present";
}

TEST(Nvml, ReadsEveryCounterFromItsOwnPlace) {
  const MachineFacts facts = read_fake();
  const GpuFacts& gpu = facts.gpus.at(0);
  EXPECT_EQ(gpu.remapped_correctable.value, 4);
  EXPECT_EQ(gpu.remapped_uncorrectable.value, 1);
  EXPECT_EQ(gpu.remap_pending.value, true);
  EXPECT_EQ(gpu.remap_failed.value, false);
  EXPECT_EQ(gpu.ecc_corrected_volatile.value, 0);
  EXPECT_EQ(gpu.ecc_corrected_aggregate.value, 1);
  EXPECT_EQ(gpu.ecc_uncorrected_volatile.value, 10);
  EXPECT_EQ(gpu.ecc_uncorrected_aggregate.value, 11);
  EXPECT_EQ(gpu.slowed_power_us.value, 0);
  EXPECT_EQ(gpu.slowed_thermal_us.value, 1000);
  EXPECT_EQ(gpu.slowed_board_us.value, 3000);
  EXPECT_EQ(gpu.slowed_reliability_us.value, 5000);
  EXPECT_EQ(gpu.clock_us.value, 5'000'000);
}

TEST(Nvml, ReadsTheLinksThatAGpuHasActiveOrNot) {
  const MachineFacts facts = read_fake();
  const auto& links = facts.gpus.at(0).nvlinks;
  ASSERT_EQ(links.size(), 2U);
  EXPECT_EQ(links[0].active.value, true);
  EXPECT_EQ(links[1].active.value, false);
  EXPECT_EQ(links[1].replays.value, 100);
  EXPECT_EQ(links[1].recoveries.value, 101);
  EXPECT_EQ(links[1].crc_errors.value, 102);
}

TEST(Nvml, ReadsBlackwellsRecoveriesWhereTheOldCountersAreGone) {
  const MachineFacts facts = read_fake();
  const auto& links = facts.gpus.at(1).nvlinks;
  ASSERT_EQ(links.size(), 2U);
  EXPECT_EQ(links[1].recoveries.value, 8);
  EXPECT_FALSE(links[1].replays.value);
  EXPECT_EQ(links[1].replays.reason, "nvmlDeviceGetNvLinkErrorCounter: Not Supported");
}

TEST(Nvml, SaysWhyAFactIsNotShownOrAGpuDoesNotAnswer) {
  const MachineFacts facts = read_fake();
  EXPECT_EQ(facts.gpus.at(0).board_part.reason,
            "the driver's library has no nvmlDeviceGetBoardPartNumber");
  EXPECT_EQ(facts.gpus.at(1).serial.reason, "nvmlDeviceGetSerial: Not Supported");
  EXPECT_EQ(facts.gpus.at(2).lost, "GPU is lost");
  EXPECT_EQ(facts.gpus.at(2).index, 2U);
}

TEST(KernelLog, KeepsXidLinesRawAndNothingElse) {
  XidLog log;
  take_kernel_record(log, "4,1207,83512345,-;NVRM: Xid (PCI:0000:19:00): 79, pid=7, lost\n K=V\n");
  take_kernel_record(log, "6,1208,83512399,-;usb 1-1: new device of user 'mallory'\n");
  take_kernel_record(log, "4,1209,83512400,-;NVRM: Xid (PCI:0000:19:00): 63, \x01\xff\n");
  EXPECT_EQ(log.lines, (std::vector<std::string>{"NVRM: Xid (PCI:0000:19:00): 79, pid=7, lost",
                                                 "NVRM: Xid (PCI:0000:19:00): 63, ??"}));
}

TEST(KernelLog, CountsTheLinesThatItLeavesOut) {
  XidLog log;
  for (int i = 0; i < 203; ++i) {
    take_kernel_record(log, "4,1,1,-;NVRM: Xid (PCI:0000:19:00): 63, x\n");
  }
  EXPECT_EQ(log.lines.size(), 200U);
  EXPECT_EQ(log.left_out, 3U);
}

TEST(KernelLog, SaysWhyItCannotBeRead) {
  EXPECT_EQ(read_kernel_log("/dev/no-kmsg").reason, "/dev/no-kmsg: No such file or directory");
}

TEST(HostFacts, AreThoseOfThisHost) {
  const HostFacts host = read_host_facts();
  EXPECT_GE(host.memory_bytes.value.value_or(0), std::int64_t{1} << 20U);
  EXPECT_TRUE(host.cpu_cores.value.value_or(0) > 0 || !host.cpu_cores.reason.empty());
}

TEST(MachineInventory, FindsTheHostWhereNoGpusAreNeeded) {
  const auto facts = make_machine_inventory()->find({.gpu = {}, .needs_gpus = false});
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_TRUE(facts->source == "host" || facts->source == "nvml");
  EXPECT_TRUE(facts->gpu_count.value || !facts->gpu_count.reason.empty());
}

}  // namespace
}  // namespace assay
