#include "harness/run/process.h"

#include <csignal>
#include <string>

#include <gtest/gtest.h>

#include "harness/run/lines.h"

namespace assay {
namespace {

/// Whether a started process ignores `signal`, by its own /proc/self/status.
bool ignores(int signal) {
  const auto process = Process::start({"/bin/grep", "SigIgn", "/proc/self/status"}, {});
  EXPECT_TRUE(process) << process.error().message;
  LineBuffer lines;
  while (lines.fill_from((*process)->output())) {
  }
  const std::string line = lines.next().value_or("");
  EXPECT_TRUE(line.starts_with("SigIgn:")) << line;
  const auto mask =
      std::stoull(line.substr(line.find_first_of("0123456789abcdef", 7)), nullptr, 16);
  return (mask >> static_cast<unsigned>(signal - 1) & 1U) != 0;
}

TEST(Process, DiesOfABrokenPipeThoughItsControllerDoesNot) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  EXPECT_FALSE(ignores(SIGPIPE));
  std::signal(SIGPIPE, before);
}

TEST(Process, KeepsIgnoringWhatItsControllerWasToldToIgnore) {
  const auto before = std::signal(SIGHUP, SIG_IGN);
  EXPECT_TRUE(ignores(SIGHUP));
  std::signal(SIGHUP, before);
}

}  // namespace
}  // namespace assay
