#include "harness/model/as_ordered.h"

#include <gtest/gtest.h>

#include "tests/model/machine_maker.h"

namespace assay {
namespace {

using Sentences = std::vector<std::string>;

/// Everything as ordered; each test spoils one thing and expects one sentence.
class AsOrdered : public testing::Test {
 protected:
  Comparison looked(const Clause& clause, const MachineFacts* before = nullptr) {
    return as_ordered({.line = bought, .clause = clause, .gpu = gpu}, found, before);
  }
  Sentences inventory() { return looked(inventory_clause()).differs; }
  Sentences health() { return looked(health_clause()).differs; }
  /// The second look; `found` is what it sees.
  Sentences later() { return looked(health_clause(), &first).differs; }

  InventoryLine bought = ordered_line();
  MachineFacts first = healthy_machine();
  MachineFacts found = healthy_machine();
  std::optional<std::uint32_t> gpu;
};

TEST_F(AsOrdered, IsAHealthyMachine) {
  EXPECT_TRUE(looked(inventory_clause()).matches());
  EXPECT_TRUE(looked(health_clause()).matches());
  EXPECT_TRUE(looked(health_clause(), &first).matches());
}

TEST_F(AsOrdered, IsNotAMachineWithAGpuTooFew) {
  found.gpu_count = shown<std::int64_t>(1);
  found.gpus.pop_back();
  const Sentences expected{"1 GPU found; ordered: 2.", "gpu1 is missing."};
  EXPECT_EQ(inventory(), expected);
  EXPECT_EQ(health(), expected);
}

TEST_F(AsOrdered, IsNotAMachineOfWhichNoneWasRead) {
  found.gpus.clear();  // "all 2 were checked"
  EXPECT_EQ(inventory(), (Sentences{"gpu0 is missing.", "gpu1 is missing."}));
  EXPECT_EQ(health(), (Sentences{"gpu0 is missing.", "gpu1 is missing."}));
}

TEST_F(AsOrdered, IsNotAMachineWithAGpuThatDoesNotAnswer) {
  found.gpus[1] = {.index = 1, .lost = "GPU is lost"};
  EXPECT_EQ(inventory(), (Sentences{"gpu1 doesn't answer (GPU is lost)."}));
  EXPECT_EQ(later(), (Sentences{"gpu1 doesn't answer (GPU is lost)."}));
}

TEST_F(AsOrdered, IsNotAMachineWithAGpuTooMany) {
  found.gpu_count = shown<std::int64_t>(3);
  found.gpus.push_back(healthy_gpu(2));
  EXPECT_EQ(inventory(), (Sentences{"3 GPUs found; ordered: 2."}));
}

TEST_F(AsOrdered, IsNotAMachineThatShowsOneGpuTwice) {
  found.gpus[1] = healthy_gpu(0);
  EXPECT_EQ(inventory(),
            (Sentences{"gpu0 stands twice.", "gpu1 is missing.",
                       "gpu0 has the UUID 'GPU-00', which is another GPU's too.",
                       "gpu0 has the serial number '1650000', which is another GPU's too."}));
}

TEST_F(AsOrdered, IsNotAnotherModel) {
  found.gpus[1].model = shown<std::string>("NVIDIA H200");
  EXPECT_EQ(inventory(), (Sentences{"gpu1 is 'NVIDIA H200'; ordered is 'NVIDIA B200'."}));
}

TEST_F(AsOrdered, IsNoTwoGpusWithOneUuidOrSerialNumber) {
  found.gpus[1].uuid = found.gpus[0].uuid;
  EXPECT_EQ(inventory(), (Sentences{"gpu1 has the UUID 'GPU-00', which is another GPU's too."}));
  found.gpus[1] = healthy_gpu(1);
  found.gpus[1].serial = found.gpus[0].serial;
  EXPECT_EQ(inventory(),
            (Sentences{"gpu1 has the serial number '1650000', which is another GPU's too."}));
  found.gpus[1].serial = hidden<std::string>();  // not every product has one
  EXPECT_TRUE(looked(inventory_clause()).matches());
}

TEST_F(AsOrdered, IsNotLessMemory) {
  found.gpus[0].memory_bytes = shown<std::int64_t>(179'999'999'999);
  EXPECT_EQ(inventory(), (Sentences{"gpu0 has 179999999999 bytes of memory; ordered are 180 GB."}));
  found.gpus[0].memory_bytes = shown<std::int64_t>(180'000'000'000);
  EXPECT_EQ(inventory(), Sentences{});
}

TEST_F(AsOrdered, IsNotAnotherPowerLimit) {
  found.gpus[1].power_limit_mw = shown<std::int64_t>(700'000);
  EXPECT_EQ(inventory(),
            (Sentences{"gpu1's enforced power limit is 700.0 W; ordered are 1000 W."}));
  found.gpus[1].power_limit_mw = shown<std::int64_t>(1'000'001);
  EXPECT_EQ(inventory().size(), 1U);
}

TEST_F(AsOrdered, IsNotEccOff) {
  found.gpus[0].ecc = shown(false);
  EXPECT_EQ(inventory(), (Sentences{"gpu0's ECC is off; ordered is on."}));
}

TEST_F(AsOrdered, IsNotMigOn) {
  found.gpus[0].mig = shown(true);
  EXPECT_EQ(inventory(), (Sentences{"gpu0's MIG mode is on; ordered is off."}));
}

TEST_F(AsOrdered, IsNotAnInactiveNvlink) {
  found.gpus[1].nvlinks[1].active = shown(false);
  EXPECT_EQ(inventory(), (Sentences{"gpu1's NVLink 1 is inactive."}));
}

TEST_F(AsOrdered, IsNotAMachineWithoutItsNvlinks) {
  found.gpus[0].nvlinks.clear();
  EXPECT_EQ(inventory(), (Sentences{"gpu0 shows 0 NVLinks; ordered are 2."}));
}

TEST_F(AsOrdered, IsNotANarrowerOrOlderPcieLink) {
  found.gpus[0].pcie_width = shown<std::int64_t>(8);
  found.gpus[1].pcie_generation_max = shown<std::int64_t>(4);
  EXPECT_EQ(inventory(), (Sentences{"gpu0's PCIe width is 8; ordered is 16.",
                                    "gpu1's PCIe generation is 4; ordered is 5."}));
}

TEST_F(AsOrdered, IsNotAHostWithLess) {
  found.host.cpu_cores = shown<std::int64_t>(111);
  found.host.memory_bytes = shown<std::int64_t>((std::int64_t{2000} << 30U) - 1);
  EXPECT_EQ(inventory(),
            (Sentences{"The number of CPU cores is 111; ordered is 112.",
                       "The host has 2147483647999 bytes of memory; ordered are 2000 GiB."}));
}

TEST_F(AsOrdered, IsUndecidedWhereAFactThatIsJudgedIsNotShown) {
  found.gpus[1].ecc = hidden<bool>("nvmlDeviceGetEccMode: No Permission");
  const Comparison comparison = looked(inventory_clause());
  EXPECT_EQ(comparison.differs, Sentences{});
  EXPECT_EQ(comparison.not_shown,
            (Sentences{"gpu1's ECC is not shown (nvmlDeviceGetEccMode: No Permission)."}));
  EXPECT_FALSE(comparison.matches());
  const Clause clause = inventory_clause();
  EXPECT_EQ(state_of({.line = bought, .clause = clause, .gpu = gpu}, found, nullptr).ending,
            Ending::no_telemetry);
  Clause unstated = inventory_clause();
  unstated.params["ecc"] = "unstated";
  EXPECT_TRUE(looked(unstated).matches());
}

TEST_F(AsOrdered, HealthIsNoFailedOrPendingRowRemap) {
  found.gpus[0].remap_failed = shown(true);
  found.gpus[1].remap_pending = shown(true);
  EXPECT_EQ(health(),
            (Sentences{"A row remap of gpu0 failed.", "A row remap of gpu1 waits for a reset."}));
}

TEST_F(AsOrdered, HealthIsNoMoreRemappedRowsThanAllowed) {
  found.gpus[0].remapped_correctable = shown<std::int64_t>(1);
  found.gpus[0].remapped_uncorrectable = shown<std::int64_t>(1);
  EXPECT_EQ(health(), Sentences{});
  found.gpus[0].remapped_uncorrectable = shown<std::int64_t>(2);
  EXPECT_EQ(health(), (Sentences{"gpu0 has 3 remapped rows; allowed are 2."}));
}

TEST_F(AsOrdered, HealthIsNoUncorrectableMemoryError) {
  found.gpus[1].ecc_uncorrected_volatile = shown<std::int64_t>(1);
  EXPECT_EQ(health(), (Sentences{"gpu1 had 1 uncorrectable memory errors since its driver was "
                                 "loaded."}));
}

TEST_F(AsOrdered, HealthIsNoGrowthOfUncorrectableErrorsEvenIfTheDriverWasReloaded) {
  first.gpus[1].ecc_uncorrected_aggregate = shown<std::int64_t>(4);
  found.gpus[1].ecc_uncorrected_aggregate = shown<std::int64_t>(4);
  EXPECT_EQ(later(), Sentences{});
  found.gpus[1].ecc_uncorrected_aggregate = shown<std::int64_t>(5);
  EXPECT_EQ(later(), (Sentences{"gpu1's count of uncorrectable memory errors went from 4 to 5."}));
}

TEST_F(AsOrdered, HealthIsNoLinkThatWentDownOrTrainedAgain) {
  found.gpus[0].nvlinks[1].active = shown(false);
  EXPECT_EQ(later(), (Sentences{"gpu0's NVLink 1 was active at the first look and no longer is."}));
  found = healthy_machine();
  found.gpus[0].nvlinks.pop_back();
  EXPECT_EQ(later(), (Sentences{"gpu0's NVLink 1 was active at the first look and no longer is."}));
  found = healthy_machine();
  found.gpus[1].nvlinks[0].recoveries = shown<std::int64_t>(4);
  EXPECT_EQ(later(), (Sentences{"gpu1's NVLink 0 went from 3 to 4 recoveries; allowed are 0 "
                                "more."}));
}

TEST_F(AsOrdered, HealthIsNoThermalSlowdownBetweenTheLooks) {
  found.gpus[0].slowed_power_us = shown<std::int64_t>(900'000);  // a power cap is no fault
  EXPECT_EQ(later(), Sentences{});
  found.gpus[0].slowed_thermal_us = shown<std::int64_t>(50'000);
  found.gpus[0].clock_us = shown<std::int64_t>(2'000'000);
  EXPECT_EQ(later(), (Sentences{"gpu0's time of thermal slowdown grew by 50000 us between the "
                                "looks, 5.000 % of the time."}));
}

TEST_F(AsOrdered, HealthIsNoOtherGpuInTheSlot) {
  found.gpus[0].uuid = shown<std::string>("GPU-09");
  EXPECT_EQ(later(), (Sentences{"gpu0 is another GPU than at the first look: UUID 'GPU-09' "
                                "instead of 'GPU-00'."}));
}

TEST_F(AsOrdered, HealthIsNoXidThatFailsAGpuAndTheSentenceHoldsItsRawLine) {
  const std::string line = "NVRM: Xid (PCI:0000:11:00): 79, pid=7, GPU has fallen off the bus.";
  found.xids.lines = {{7, line},
                      {8, "NVRM: Xid (PCI:0000:11:00): 154, recovery action changed"},
                      {9, "NVRM: Xid (PCI:0000:10:00): 31, pid=9, MMU Fault"}};
  EXPECT_EQ(health(), (Sentences{"The kernel log has Xid 79 of 0000:11:00: '" + line + "'."}));
}

TEST_F(AsOrdered, HealthIsNoMoreCountedXidsThanAllowed) {
  const std::string line = "NVRM: Xid (PCI:0000:11:00): 63, Row Remapper: New row marked";
  found.xids.lines = {{7, line}};
  EXPECT_EQ(health(), Sentences{});
  found.xids.lines = {{7, line}, {8, line}};
  EXPECT_EQ(health(), (Sentences{"The kernel log has 2 Xids that count; allowed are 1; the last "
                                 "is '" +
                                 line + "'."}));
}

TEST_F(AsOrdered, HealthIsUndecidedWhereTheKernelLogCannotBeRead) {
  found.xids.reason = "/dev/kmsg: Operation not permitted";
  EXPECT_EQ(looked(health_clause()).not_shown,
            (Sentences{"The kernel log can't be read (/dev/kmsg: Operation not permitted)."}));
}

TEST_F(AsOrdered, ASingleGpuIsJudgedByItselfAlone) {
  gpu = 1;
  found.gpus = {healthy_gpu(1)};
  found.xids.lines = {{7, "NVRM: Xid (PCI:0000:10:00): 79, GPU has fallen off the bus."}};
  EXPECT_TRUE(looked(inventory_clause()).matches());
  EXPECT_TRUE(looked(health_clause()).matches()) << "the Xid is gpu0's";
  found.gpus = {healthy_gpu(0)};
  EXPECT_EQ(inventory(), (Sentences{"gpu1 is missing."}));
}

TEST_F(AsOrdered, NothingMatchesAnOrderOfNothing) {
  bought.gpus.reset();
  Clause nothing = inventory_clause();
  for (auto& [name, value] : nothing.params) {
    value = "unstated";
  }
  EXPECT_FALSE(looked(nothing).matches());
  EXPECT_FALSE(looked(health_clause()).matches());
  nothing.params["cpu_cores"] = "4";
  EXPECT_TRUE(looked(nothing).matches());
  nothing.params["ecc"] = "on";
  EXPECT_FALSE(looked(nothing).matches()) << "the line has no GPUs";
}

TEST_F(AsOrdered, NothingMatchesAnOrderWithAMissingOrUnknownWord) {
  Clause clause = inventory_clause();
  clause.params.erase("ecc");
  EXPECT_EQ(looked(clause).not_shown, (Sentences{"params.ecc: missing."}));
  clause.params["ecc"] = "yes";
  EXPECT_EQ(looked(clause).not_shown, (Sentences{"params.ecc: 'yes' is none of its words."}));
  clause.params["ecc"] = "0";
  EXPECT_FALSE(looked(clause).matches());
}

TEST_F(AsOrdered, TheNoteHoldsTwentySentencesAndHowManyMoreThereAre) {
  bought.gpus->count = 30;
  found.gpus.clear();
  const Clause clause = inventory_clause();
  const Found stated = state_of({.line = bought, .clause = clause, .gpu = gpu}, found, nullptr);
  EXPECT_EQ(stated.matching, 0U);
  EXPECT_TRUE(stated.note.ends_with("gpu18 is missing. And 11 more.")) << stated.note;
}

TEST(GpuOfItem, IsTheNumberAtTheEnd) {
  EXPECT_EQ(gpu_of_item("b200/00012/gpu3"), 3U);
  EXPECT_EQ(gpu_of_item("gpu/00012"), std::nullopt);
  EXPECT_EQ(gpu_of_item("b200/00012/link3"), std::nullopt);
}

}  // namespace
}  // namespace assay
