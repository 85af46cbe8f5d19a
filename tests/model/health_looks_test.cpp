// Two looks at one machine: what must not have changed in between, and what hides that it did.
#include <functional>

#include <gtest/gtest.h>

#include "harness/model/as_ordered.h"
#include "tests/model/machine_maker.h"

namespace assay {
namespace {

using Sentences = std::vector<std::string>;

/// Twice the same healthy machine; each test spoils one thing and expects one sentence.
class HealthLooks : public testing::Test {
 protected:
  [[nodiscard]] Comparison later() const {
    return as_ordered({.line = bought, .clause = clause, .gpu = gpu}, found, &first);
  }
  [[nodiscard]] Sentences differs() const { return later().differs; }
  /// Nothing differs, but this isn't shown.
  [[nodiscard]] Sentences not_shown() const {
    EXPECT_EQ(differs(), Sentences{});
    EXPECT_EQ(state_of({.line = bought, .clause = clause, .gpu = gpu}, found, &first).ending,
              later().matches() ? Ending::measured : Ending::no_telemetry);
    return later().not_shown;
  }

  InventoryLine bought = ordered_line();
  Clause clause = health_clause();
  MachineFacts first = healthy_machine();
  MachineFacts found = healthy_machine();
  std::optional<std::uint32_t> gpu;
};

struct Change {
  std::function<void(GpuFacts&gpu)> change, hide;
  std::string differs, not_shown;
};

template <class T>
Change change(Fact<T> GpuFacts::*fact, T value, const std::string& what,
              const std::string& values) {
  return {.change = [fact, value](GpuFacts& gpu) { gpu.*fact = shown(value); },
          .hide = [fact](GpuFacts& gpu) { gpu.*fact = hidden<T>("No Permission"); },
          .differs = what + values,
          .not_shown = what + " is not shown (No Permission)."};
}

std::vector<Change> changes() {
  using Whole = std::int64_t;
  return {
      change(&GpuFacts::power_limit_mw, Whole{1'200'000}, "gpu1's enforced power limit",
             " was 1000000 mW at the first look and is 1200000 mW now."),
      change(&GpuFacts::ecc, false, "gpu1's ECC", " was on at the first look and is off now."),
      change(&GpuFacts::mig, true, "gpu1's MIG mode", " was off at the first look and is on now."),
      change(&GpuFacts::model, std::string("NVIDIA L40"), "gpu1's model",
             " was 'NVIDIA B200' at the first look and is 'NVIDIA L40' now."),
      change(&GpuFacts::serial, std::string("zzz"), "gpu1's serial number",
             " was '1650001' at the first look and is 'zzz' now."),
      change(&GpuFacts::board_part, std::string("2.0"), "gpu1's board part",
             " was '1.0' at the first look and is '2.0' now."),
      change(&GpuFacts::vbios, std::string("2.0"), "gpu1's VBIOS",
             " was '1.0' at the first look and is '2.0' now."),
      change(&GpuFacts::inforom, std::string("2.0"), "gpu1's InfoROM",
             " was '1.0' at the first look and is '2.0' now."),
      change(&GpuFacts::pci, std::string("00000000:99:00.0"), "gpu1's PCI address",
             " was '00000000:11:00.0' at the first look and is '00000000:99:00.0' now."),
      change(&GpuFacts::memory_bytes, Whole{5}, "gpu1's memory",
             " was 192265846784 bytes at the first look and is 5 bytes now."),
      change(&GpuFacts::clock_max_sm_mhz, Whole{9}, "gpu1's highest clock of its SMs",
             " was 0 MHz at the first look and is 9 MHz now."),
      change(&GpuFacts::clock_max_memory_mhz, Whole{9}, "gpu1's highest clock of its memory",
             " was 0 MHz at the first look and is 9 MHz now."),
      change(&GpuFacts::pcie_width, Whole{1}, "gpu1's PCIe width",
             " was 16 at the first look and is 1 now."),
      change(&GpuFacts::pcie_width_max, Whole{8}, "gpu1's highest PCIe width",
             " was 16 at the first look and is 8 now."),
      change(&GpuFacts::pcie_generation_max, Whole{4}, "gpu1's highest PCIe generation",
             " was 5 at the first look and is 4 now."),
      change(&GpuFacts::clock_us, Whole{999'999}, "gpu1's clock",
             " ran backwards between the looks: from 1000000 us to 999999 us."),
  };
}

TEST_F(HealthLooks, SeeTheSameMachine) {
  EXPECT_TRUE(later().matches());
}

TEST_F(HealthLooks, SayEachSettingAndEachPartThatIsAnotherOne) {
  for (const Change& one : changes()) {
    found = healthy_machine();
    one.change(found.gpus[1]);
    EXPECT_EQ(differs(), Sentences{one.differs});
    gpu = 0;
    found.gpus.erase(found.gpus.begin() + 1);
    EXPECT_TRUE(later().matches()) << "it is the other GPU's: " << one.differs;
    gpu.reset();
  }
}

TEST_F(HealthLooks, SayWhatWasShownAndNoLongerIs) {
  for (const Change& one : changes()) {
    found = first = healthy_machine();
    one.hide(found.gpus[1]);
    EXPECT_EQ(not_shown(), Sentences{one.not_shown});
    one.hide(first.gpus[1]);
    EXPECT_TRUE(later().matches()) << "it never was: " << one.not_shown;
  }
  found = first = healthy_machine();
  found.gpus[0].uuid = hidden<std::string>();
  EXPECT_EQ(not_shown(), (Sentences{"gpu0's UUID is not shown (Not Supported)."}));
  found = healthy_machine();
  found.gpus[0].nvlinks[1].active = hidden<bool>();
  EXPECT_EQ(not_shown(),
            (Sentences{"Whether gpu0's NVLink 1 is active is not shown (Not Supported)."}));
}

TEST_F(HealthLooks, SayACountOfAWholeLifeThatFell) {
  first.gpus[0].remapped_correctable = shown<std::int64_t>(1);
  first.gpus[0].remapped_uncorrectable = shown<std::int64_t>(1);
  first.gpus[1].ecc_corrected_aggregate = shown<std::int64_t>(3);
  EXPECT_EQ(differs(),
            (Sentences{"gpu0's count of correctable row remaps fell from 1 to 0.",
                       "gpu0's count of uncorrectable row remaps fell from 1 to 0.",
                       "gpu1's lifetime count of corrected memory errors fell from 3 to 0."}));
  std::swap(first, found);
  EXPECT_EQ(differs(), Sentences{}) << "rows may be remapped and errors corrected";
}

TEST_F(HealthLooks, SayACountOfTheDriverThatFell) {
  first.gpus[0].slowed_thermal_us = shown<std::int64_t>(5);
  found.gpus[1].nvlinks[0].recoveries = shown<std::int64_t>(2);
  EXPECT_EQ(differs(),
            (Sentences{"gpu0's time of thermal slowdown fell from 5 us to 0 us between the looks.",
                       "gpu1's NVLink 0 went from 3 to 2 recoveries; allowed are 0 more."}));
}

TEST_F(HealthLooks, SayAHostThatLostCoresOrMemory) {
  found.host.cpu_cores = shown<std::int64_t>(56);
  found.host.memory_bytes = shown<std::int64_t>(5);
  EXPECT_EQ(differs(),
            (Sentences{"The number of CPU cores was 112 at the first look and is 56 now.",
                       "The host's memory in bytes was 2163589775360 at the first look and is 5 "
                       "now."}));
  gpu = 1;
  found.gpus.erase(found.gpus.begin());
  EXPECT_TRUE(later().matches()) << "a GPU is judged by itself";
}

TEST_F(HealthLooks, AreUndecidedAcrossAStartOfTheKernelWhichBeginsAllCountsAnew) {
  found.host.boot_id = shown<std::string>("another");
  found.host.memory_bytes = shown<std::int64_t>(2163589775359);
  found.xids.last_record = 5;
  for (GpuFacts& each : found.gpus) {
    each.clock_us = each.nvlinks[0].recoveries = shown<std::int64_t>(1);
  }
  first.gpus[0].slowed_thermal_us = shown<std::int64_t>(1);
  EXPECT_EQ(not_shown(),
            (Sentences{"The kernel's boot id was '6f1e4b2a-9c07-4d53-8a1e-3b5c7d9f0a12' at the "
                       "first look and is 'another' now. The kernel log and the driver's counts "
                       "began anew in between."}));
  found.gpus[1].power_limit_mw = shown<std::int64_t>(1'200'000);
  EXPECT_EQ(differs().size(), 1U) << "no start excuses another setting";
}

TEST_F(HealthLooks, AreUndecidedAcrossARenewalOfTheDriver) {
  found.driver = shown<std::string>("550.2");
  found.gpus[0].clock_us = shown<std::int64_t>(1);
  EXPECT_EQ(not_shown(), (Sentences{"The driver's version was '580.95.05' at the first look and is "
                                    "'550.2' now. The driver's counts began anew in between."}));
}

TEST_F(HealthLooks, AreUndecidedWhereNobodyKnowsWhetherTheKernelWasStartedAgain) {
  first.host.boot_id = hidden<std::string>();
  const Sentences at_first{"The kernel's boot id is not shown (Not Supported)."};
  EXPECT_EQ(as_ordered({.line = bought, .clause = clause, .gpu = gpu}, first, nullptr).not_shown,
            at_first);
  EXPECT_EQ(not_shown(),
            (Sentences{"The kernel's boot id at the first look is not shown (Not Supported)."}));
  std::swap(first, found);
  EXPECT_EQ(not_shown(), at_first);
}

XidLine counting(std::int64_t record) {
  return {record, "NVRM: Xid (PCI:0000:11:00): 63, Row Remapper: New row marked"};
}

TEST_F(HealthLooks, AreUndecidedWhereTheKernelLogRolledOverInBetween) {
  found.xids.last_record = 9000;
  found.xids.first_record = 1001;
  EXPECT_EQ(not_shown(), Sentences{});
  found.xids.first_record = 1002;
  EXPECT_EQ(not_shown(), (Sentences{"The kernel log lacks records that came between the looks: "
                                    "1001 to 1001."}));
}

TEST_F(HealthLooks, AreUndecidedWhereTheKernelLogEndsBeforeTheFirstLook) {
  found.xids.last_record = 999;
  EXPECT_EQ(not_shown(),
            (Sentences{"The kernel log ends with record 999; at the first look it had 1000."}));
}

TEST_F(HealthLooks, AreUndecidedWhereTheKernelLogIsNoLongerWhatItWas) {
  first.xids.lines = {counting(7)};
  const std::string seven = "record 7 ('" + counting(7).text + "').";
  EXPECT_EQ(not_shown(), (Sentences{"The kernel log lacks what the first look saw as " + seven}));
  std::swap(first, found);
  EXPECT_EQ(not_shown(),
            (Sentences{"The kernel log has what the first look did not see as " + seven}));
  first.xids.left_out_recorded = 1;
  EXPECT_EQ(not_shown(), Sentences{}) << "the first look may have left it out";
}

TEST_F(HealthLooks, AreUndecidedWhereTheFirstOneCouldNotReadTheKernelLog) {
  first.xids.reason = "/dev/kmsg: Operation not permitted";
  EXPECT_EQ(not_shown(), (Sentences{"The kernel log couldn't be read at the first look (/dev/kmsg: "
                                    "Operation not permitted)."}));
}

TEST_F(HealthLooks, CountEachXidOnceHoweverLongTheLogKeepsIt) {
  first.xids.lines = found.xids.lines = {counting(7)};
  EXPECT_TRUE(later().matches()) << "one is allowed";
  found.xids = {.lines = {counting(1500)}, .first_record = 900, .last_record = 2000};
  EXPECT_EQ(differs(), (Sentences{"The kernel log has 2 Xids that count; allowed are 1; the last "
                                  "is '" +
                                  counting(7).text + "'."}));
  clause.params["xid_counted"] = "2";
  EXPECT_TRUE(later().matches()) << "the one was overwritten, the other came later";
}

TEST_F(HealthLooks, CountAnXidOfAnEarlierStartOfTheKernelBesideTheSameRecordOfThisOne) {
  first.xids.lines = found.xids.lines = {counting(7)};
  found.driver = shown<std::string>("550.2");
  EXPECT_EQ(differs(), Sentences{}) << "another driver, but the log is the same";
  found.host.boot_id = shown<std::string>("another");
  EXPECT_EQ(differs(), (Sentences{"The kernel log has 2 Xids that count; allowed are 1; the last "
                                  "is '" +
                                  counting(7).text + "'."}));
}

TEST_F(HealthLooks, LeaveAGpuWithoutAnAddressItsNeighboursXids) {
  const std::string line = "NVRM: Xid (PCI:0000:10:00): 79, GPU has fallen off the bus.";
  gpu = 1;
  first.gpus = found.gpus = {healthy_gpu(1)};
  found.xids.lines = {{1001, line}};
  found.xids.last_record = 1001;
  found.gpus[0].pci = hidden<std::string>();
  const std::string gone = "gpu1's PCI address is not shown (Not Supported).";
  EXPECT_EQ(not_shown(), Sentences{gone}) << "the first look's address says that it is gpu0's";
  found.xids.lines[0].text = "NVRM: Xid (PCI:0000:11:00): 79, GPU has fallen off the bus.";
  EXPECT_EQ(differs().size(), 1U) << "that is its own";
  found.xids.lines[0].text = line;
  first.gpus[0].pci = hidden<std::string>();
  const std::string whose = "Which Xids are those of gpu1 is not shown: its PCI address isn't.";
  EXPECT_EQ(not_shown(), Sentences{whose});
  const Order order{.line = bought, .clause = clause, .gpu = gpu};
  EXPECT_EQ(as_ordered(order, first, nullptr).not_shown, (Sentences{gone, whose}));
}

TEST_F(HealthLooks, AreUndecidedWhereXidsThatMatterWereLeftOut) {
  found.xids.left_out_recorded = 8;
  EXPECT_TRUE(later().matches()) << "an application's faults are only recorded";
  found.xids.left_out_counting = 2;
  found.xids.left_out_failing = 1;
  EXPECT_EQ(not_shown(),
            (Sentences{"3 Xids of the kernel log that fail a GPU or count were left out."}));
  clause.params["xid_counted"] = "any";
  EXPECT_EQ(not_shown(),
            (Sentences{"1 Xids of the kernel log that fail a GPU or count were left out."}));
  found.xids.left_out_failing = 0;
  EXPECT_TRUE(later().matches());
}

}  // namespace
}  // namespace assay
