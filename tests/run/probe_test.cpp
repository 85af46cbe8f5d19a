#include "harness/run/probe.h"

#include <gtest/gtest.h>

#include "harness/run/machine.h"
#include "harness/run/objects.h"
#include "reports/json.h"
#include "tests/doubles/scripted_probe.h"

namespace assay {
namespace {

TEST(HostProbe, HasAValueOrAReasonForEachReading) {
  const auto probe = make_host_probe();
  const Readings readings = probe->read();
  EXPECT_GE(readings.size(), 7U);
  for (const auto& [name, reading] : readings) {
    EXPECT_NE(reading.value.has_value(), !reading.reason.empty()) << name;
  }
  EXPECT_GT(readings.at("memory_total_bytes").value.value_or(0), 0);
  EXPECT_GE(probe->block().clock_khz, -1);
  EXPECT_GE(probe->block().power_mw, -1);
}

TEST(WindowReadings, StateWhatWasSpentInTheWindow) {
  ScriptedProbe probe;
  probe.readings = {{"energy_uj", {1000, ""}},
                    {"steal_jiffies", {5, ""}},
                    {"cpu_jiffies", {100, ""}},
                    {"temperature_mc", {40'000, ""}}};
  const Readings before = probe.read();
  probe.readings = {{"energy_uj", {4000, ""}},
                    {"steal_jiffies", {6, ""}},
                    {"cpu_jiffies", {200, ""}},
                    {"temperature_mc", {55'000, ""}}};
  const Readings window = window_readings(before, probe.read());
  EXPECT_EQ(window.at("energy_uj").value, 3000);
  EXPECT_EQ(window.at("steal_ppm").value, 10'000);
  EXPECT_EQ(window.at("temperature_mc").value, 55'000);
  EXPECT_EQ(window.count("steal_jiffies"), 0U);
}

TEST(WindowReadings, KeepTheReasonOfWhatIsNotShown) {
  const Readings hidden{{"energy_uj", {std::nullopt, "no RAPL"}},
                        {"steal_jiffies", {1, ""}},
                        {"cpu_jiffies", {9, ""}}};
  const Readings window = window_readings(hidden, hidden);
  EXPECT_FALSE(window.at("energy_uj").value);
  EXPECT_EQ(window.at("energy_uj").reason, "no RAPL");
  EXPECT_FALSE(window.at("steal_ppm").value);
  EXPECT_FALSE(window.at("steal_ppm").reason.empty());
}

TEST(ExecutableFiles, AreNamedOnceAndOnlyIfTheyCanBeRun) {
  const auto files = executable_files(
      "55d0-55d1 r--p 00000000 fe:01 77   /opt/a b/assay\n"
      "55d1-55d2 r-xp 00001000 fe:01 77   /opt/a b/assay\n"
      "55d3-55d4 r-xp 00002000 fe:01 77   /opt/a b/assay\n"
      "7f00-7f01 rw-p 00000000 00:00 0 \n"
      "7f02-7f03 r-xp 00000000 00:00 0    [vdso]\n"
      "7f04-7f05 r--p 00000000 fe:01 99   /usr/lib/locale/locale-archive\n");
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].path, "/opt/a b/assay");
  EXPECT_EQ(files[0].inode, "77");
}

TEST(ObjectDigests, RefuseAFileThatIsNoLongerTheOneThatIsMapped) {
  ObjectDigests digests;
  EXPECT_FALSE(digests.of({{.path = "/proc/self/exe", .device = "0:0", .inode = "1"}}));
  EXPECT_FALSE(digests.of({{.path = "/no/such/file", .device = "0:0", .inode = "1"}}));
}

TEST(MachineInventory, NamesNeitherHostNorUser) {
  const Json::Object inventory = machine_inventory({.id = "host", .model = "m", .serial = ""});
  for (const auto& [name, value] : inventory) {
    EXPECT_EQ(name.find("host"), std::string::npos);
    EXPECT_EQ(name.find("user"), std::string::npos);
  }
  EXPECT_NE(Json(inventory).find("cpu_model"), nullptr);
  EXPECT_NE(Json(inventory).find("kernel"), nullptr);
}

}  // namespace
}  // namespace assay
