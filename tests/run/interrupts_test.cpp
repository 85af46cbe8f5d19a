#include "harness/run/interrupts.h"

#include <csignal>

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Interrupts, WaitToBeTaken) {
  const auto interrupts = Interrupts::watch();
  ASSERT_TRUE(interrupts) << interrupts.error().message;
  EXPECT_FALSE((*interrupts)->waiting());
  std::raise(SIGHUP);
  EXPECT_TRUE((*interrupts)->waiting());
  EXPECT_EQ((*interrupts)->take(), "SIGHUP");
  EXPECT_EQ((*interrupts)->take(), "");
}

TEST(Interrupts, ThatWereIgnoredBeforeStayIgnored) {
  for (const int signal : {SIGHUP, SIGINT}) {
    const auto before = std::signal(signal, SIG_IGN);
    {
      const auto interrupts = Interrupts::watch();
      ASSERT_TRUE(interrupts) << interrupts.error().message;
      std::raise(signal);
      EXPECT_FALSE((*interrupts)->waiting()) << signal;
      std::raise(SIGTERM);
      EXPECT_EQ((*interrupts)->take(), "SIGTERM") << "the others are watched";
    }
    EXPECT_EQ(std::signal(signal, before), SIG_IGN);
  }
}

}  // namespace
}  // namespace assay
