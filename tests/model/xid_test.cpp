#include "harness/model/xid.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

XidEffect effect(const std::string& line) {
  const auto xid = parse_xid(line);
  EXPECT_TRUE(xid) << line;
  return xid ? effect_of(*xid, line) : XidEffect::recorded;
}

TEST(Xid, IsReadFromTheDriversLine) {
  const auto xid = parse_xid(
      "NVRM: Xid (PCI:0000:AD:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the "
      "bus.");
  ASSERT_TRUE(xid);
  EXPECT_EQ(xid->code, 79U);
  EXPECT_EQ(xid->pci, "0000:ad:00");
}

TEST(Xid, IsInNoOtherLine) {
  for (const char* line : {"", "NVRM: loading NVIDIA UNIX Open Kernel Module", "Xid 79",
                           "NVRM: Xid (PCI:0000:ad:00): seventy-nine", "NVRM: Xid (PCI:0000:ad:00",
                           "NVRM: Xid (PCI:0000:ad:00): 79x"}) {
    EXPECT_FALSE(parse_xid(line)) << line;
  }
}

TEST(Xid, FailsItsGpuByTheCatalogue) {
  for (const char* code : {"46", "48", "54", "62", "64", "74", "79", "95", "109", "119", "120",
                           "136", "140", "143", "155", "158", "171", "172"}) {
    EXPECT_EQ(effect("NVRM: Xid (PCI:0000:19:00): " + std::string(code) + ", x"), XidEffect::fails)
        << code;
  }
}

TEST(Xid, CountsWhereTheCatalogueIsMildOrSilent) {
  for (const char* code : {"63", "92", "94", "156", "157", "160", "161", "999"}) {
    EXPECT_EQ(effect("NVRM: Xid (PCI:0000:19:00): " + std::string(code) + ", x"), XidEffect::counts)
        << code;
  }
}

TEST(Xid, IsOnlyRecordedWhereAnApplicationOrAnotherXidCausedIt) {
  for (const char* code : {"13", "31", "32", "43", "45", "69", "154", "162", "163", "164", "165"}) {
    EXPECT_EQ(effect("NVRM: Xid (PCI:0000:19:00): " + std::string(code) + ", x"),
              XidEffect::recorded)
        << code;
  }
}

TEST(Xid, OfNvlink5IsFatalOnlyWhereItsLineSaysSo) {
  EXPECT_EQ(effect("NVRM: Xid (PCI:0019:01:00): 149, NETIR_LINK_EVT Fatal XC0 i0 Link 00 (0x1)"),
            XidEffect::fails);
  EXPECT_EQ(effect("NVRM: Xid (PCI:0018:01:00): 145, RLW_RXPIPE Nonfatal XC0 i0 Link 13 (0x1)"),
            XidEffect::counts);
}

TEST(Xid, IsOfTheGpuWithItsPciAddress) {
  const Xid xid{.pci = "0000:ad:00", .code = 79};
  EXPECT_TRUE(is_of(xid, "00000000:AD:00.0"));
  EXPECT_FALSE(is_of(xid, "00000000:AE:00.0"));
  EXPECT_FALSE(is_of(xid, "00010000:AD:00.0"));
  EXPECT_FALSE(is_of(xid, ""));
}

}  // namespace
}  // namespace assay
