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
  EXPECT_EQ(
      nvml.error().message,
      "libnvidia-ml-of-nobody.so.1 is not there (looked where the loader does): it comes with "
      "the NVIDIA driver, and without it nobody can say what GPUs this machine has");
}

TEST(Nvml, ReadsWhatEachGpuShows) {
  const MachineFacts facts = read_fake();
  EXPECT_EQ(facts.source, "nvml");
  EXPECT_EQ(facts.driver.value, "580.95.05");
  EXPECT_EQ(facts.gpu_count.value, 5);
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

TEST(Nvml, SaysThatAGpuIsLostThatTheDriverStillKnows) {
  const MachineFacts facts = read_fake();
  EXPECT_EQ(facts.gpus.at(3).lost, "GPU is lost");
}

// It is there, for all that anybody can say: the installation is wrong, not the GPU.
TEST(Nvml, ShowsNothingOfAGpuThatItMayNotAskButDoesNotCallItLost) {
  const MachineFacts facts = read_fake();
  const GpuFacts& gpu = facts.gpus.at(4);
  EXPECT_EQ(gpu.lost, "");
  EXPECT_EQ(gpu.uuid.reason, "Insufficient Permissions");
  EXPECT_EQ(gpu.power_limit_mw.reason, "Insufficient Permissions");
  EXPECT_FALSE(gpu.uuid.value);
}

TEST(KernelLog, KeepsXidLinesRawAndNothingElse) {
  XidLog log;
  EXPECT_TRUE(take_kernel_record(
      log, "4,1207,83512345,-;NVRM: Xid (PCI:0000:19:00): 79, pid=7, lost\n K=V\n"));
  EXPECT_TRUE(take_kernel_record(log, "6,1208,83512399,-;usb 1-1: new device of user 'mallory'\n"));
  EXPECT_TRUE(
      take_kernel_record(log, "4,1209,83512400,-;NVRM: Xid (PCI:0000:19:00): 63, \x01\xff\n"));
  EXPECT_EQ(log.lines, (std::vector<XidLine>{{1207, "NVRM: Xid (PCI:0000:19:00): 79, pid=7, lost"},
                                             {1209, "NVRM: Xid (PCI:0000:19:00): 63, ??"}}));
  EXPECT_EQ(log.first_record, 1207);
  EXPECT_EQ(log.last_record, 1209);
}

// Whoever may write to /dev/kmsg can write what looks like an Xid, but not with facility 0, the
// kernel's own: 12 is facility 1 and priority 4.
TEST(KernelLog, TakesNoXidFromAProcessThatWritesToTheLog) {
  XidLog log;
  EXPECT_TRUE(take_kernel_record(log, "4,1,1,-;x\n"));
  EXPECT_TRUE(take_kernel_record(log, "12,2,1,-;NVRM: Xid (PCI:0000:19:00): 79, forged\n"));
  EXPECT_TRUE(take_kernel_record(log, "7,3,1,-;NVRM: Xid (PCI:0000:19:00): 79, the driver's\n"));
  EXPECT_EQ(log.lines, (std::vector<XidLine>{{3, "NVRM: Xid (PCI:0000:19:00): 79, the driver's"}}));
  EXPECT_EQ(log.first_record, 1) << "it is a record all the same";
  EXPECT_FALSE(take_kernel_record(log, "x,4,1,-;NVRM: Xid (PCI:0000:19:00): 79, x\n"));
}

TEST(KernelLog, BeginsAnewWhereRecordsWereOverwritten) {
  XidLog log;
  EXPECT_TRUE(take_kernel_record(log, "4,5,1,-;NVRM: Xid (PCI:0000:19:00): 79, x\n"));
  EXPECT_TRUE(take_kernel_record(log, "6,6,1,-;x\n"));
  EXPECT_TRUE(take_kernel_record(log, "6,9,1,-;x\n"));
  EXPECT_TRUE(take_kernel_record(log, "6,10,1,c;x\n"));
  EXPECT_EQ(log.first_record, 9) << "7 and 8 are gone";
  EXPECT_EQ(log.last_record, 10);
  EXPECT_EQ(log.lines.size(), 1U);
}

TEST(KernelLog, TakesNothingThatIsNoNewRecord) {
  XidLog log;
  EXPECT_TRUE(take_kernel_record(log, "6,7,1,-;x\n"));
  for (const char* text : {"6,7,1,-;x\n", "6,6,1,-;x\n", "6,8,1,-\n", "6,8;x\n", "6,-8,1,-;x\n",
                           "6,8x,1,-;x\n", ";6,8,1", ""}) {
    EXPECT_FALSE(take_kernel_record(log, text)) << text;
  }
  EXPECT_EQ(log.last_record, 7);
}

/// Adds `count` records with that Xid.
void log_xids(XidLog& log, int count, int xid) {
  for (int i = 0; i < count; ++i) {
    EXPECT_TRUE(take_kernel_record(
        log, "4," + std::to_string(log.last_record + 1) +
                 ",1,-;NVRM: Xid (PCI:0000:19:00): " + std::to_string(xid) + ", x\n"));
  }
}

TEST(KernelLog, CountsTheLinesThatItLeavesOut) {
  XidLog log;
  log_xids(log, 203, 63);
  EXPECT_EQ(log.lines.size(), 200U);
  EXPECT_EQ(log.left_out_counting, 3U);
  EXPECT_EQ(log.left_out_failing + log.left_out_recorded, 0U);
}

TEST(KernelLog, KeepsABrokenGpuThroughAFloodOfFaultsOfApplications) {
  XidLog log;
  log_xids(log, 200, 43);
  log_xids(log, 1, 63);
  log_xids(log, 199, 79);
  log_xids(log, 8, 43);
  ASSERT_EQ(log.lines.size(), 200U);
  EXPECT_EQ(log.lines.front().record, 200) << "the 63";
  EXPECT_EQ(log.lines.back().record, 399);
  EXPECT_EQ(log.left_out_recorded, 208U);
  log_xids(log, 3, 79);
  EXPECT_EQ(log.left_out_counting, 1U);
  EXPECT_EQ(log.left_out_failing, 2U);
}

TEST(KernelLog, SaysWhyItCannotBeRead) {
  EXPECT_EQ(read_kernel_log("/dev/no-kmsg").reason, "/dev/no-kmsg: No such file or directory");
}

TEST(KernelLog, OfNothingIsNone) {
  EXPECT_EQ(read_kernel_log("/dev/null").reason, "/dev/null: holds no records of a kernel");
  EXPECT_EQ(read_kernel_log("/dev/zero").reason, "/dev/zero: holds no records of a kernel");
}

TEST(HostFacts, AreThoseOfThisHost) {
  const HostFacts host = read_host_facts();
  EXPECT_GE(host.memory_bytes.value.value_or(0), std::int64_t{1} << 20U);
  EXPECT_TRUE(host.cpu_cores.value.value_or(0) > 0 || !host.cpu_cores.reason.empty());
  EXPECT_EQ(host.boot_id.value.value_or("").size(), 36U) << host.boot_id.reason;
  EXPECT_EQ(host.boot_id.value, read_host_facts().boot_id.value) << "it stays until the next start";
}

TEST(MachineInventory, FindsTheHostWhereNoGpusAreNeeded) {
  const auto facts = make_machine_inventory()->find({.gpu = {}, .needs_gpus = false});
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_TRUE(facts->source == "host" || facts->source == "nvml");
  EXPECT_TRUE(facts->gpu_count.value || !facts->gpu_count.reason.empty());
}

}  // namespace
}  // namespace assay
