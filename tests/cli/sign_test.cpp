// Two parties that sign one campaign at the same moment.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/cli/program.h"

namespace assay {
namespace {

int signatures_in(const std::string& envelope) {
  int count = 0;
  for (std::size_t at = envelope.find("\"protected\""); at != std::string::npos;
       at = envelope.find("\"protected\"", at + 1)) {
    ++count;
  }
  return count;
}

TEST(Sign, KeepsBothSignaturesOfTwoWhoSignAtOnce) {
  const ScratchFolder scratch;
  const Ended made = assay_program({"keygen", "--out", scratch.file("key.pem"), "--cert",
                                    scratch.file("cert.pem"), "--name", "Tester", "--unencrypted"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  std::filesystem::copy(ASSAY_SOURCE_DIR "/tests/data/campaign_met/out", scratch.file("out"),
                        std::filesystem::copy_options::recursive);
  std::filesystem::remove(scratch.file("out/report.sig.json"));
  for (int round = 1; round <= 5; ++round) {
    const ScratchFolder buyer;
    const ScratchFolder supplier;
    const auto begin = [&scratch](const std::string& role, const ScratchFolder& said) {
      return start_program({ASSAY_PROGRAM, "sign", scratch.file("out"), "--role", role, "--key",
                            scratch.file("key.pem"), "--cert", scratch.file("cert.pem")},
                           said);
    };
    const pid_t first = begin("buyer", buyer);
    const pid_t second = begin("supplier", supplier);
    const Ended one = wait_for(first, buyer);
    const Ended other = wait_for(second, supplier);
    ASSERT_EQ(one.exit_code, 0) << one.err;
    ASSERT_EQ(other.exit_code, 0) << other.err;
    EXPECT_EQ(signatures_in(whole_file(scratch.file("out/report.sig.json"))), 2 * round);
  }
}

}  // namespace
}  // namespace assay
