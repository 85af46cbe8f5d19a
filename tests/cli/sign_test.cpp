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

class Sign : public testing::Test {
 protected:
  Sign() {
    std::filesystem::copy(ASSAY_SOURCE_DIR "/tests/data/campaign_met/out", scratch_.file("out"),
                          std::filesystem::copy_options::recursive);
    for (const std::string role : {"buyer", "supplier"}) {
      const Ended made = assay_program({"keygen", "--out", scratch_.file(role + ".pem"), "--cert",
                                        certificate_of(role), "--name", role, "--unencrypted"});
      EXPECT_EQ(made.exit_code, 0) << made.err;
    }
  }
  [[nodiscard]] std::string certificate_of(const std::string& role) const {
    return scratch_.file(role + ".cert.pem");
  }
  [[nodiscard]] pid_t begin(const std::string& role, const ScratchFolder& said) const {
    return start_program({ASSAY_PROGRAM, "sign", scratch_.file("out"), "--role", role, "--key",
                          scratch_.file(role + ".pem"), "--cert", certificate_of(role)},
                         said);
  }

  ScratchFolder scratch_;
};

TEST_F(Sign, KeepsBothSignaturesOfTwoWhoSignAtOnce) {
  for (int round = 0; round < 10; ++round) {
    std::filesystem::remove(scratch_.file("out/report.sig.json"));
    const ScratchFolder buyer;
    const ScratchFolder supplier;
    const pid_t first = begin("buyer", buyer);
    const pid_t second = begin("supplier", supplier);
    const Ended one = wait_for(first, buyer);
    const Ended other = wait_for(second, supplier);
    ASSERT_EQ(one.exit_code, 0) << one.err;
    ASSERT_EQ(other.exit_code, 0) << other.err;
    EXPECT_EQ(signatures_in(whole_file(scratch_.file("out/report.sig.json"))), 2);
  }
}

TEST_F(Sign, DropsSignaturesOverAnotherReportAndSaysWhose) {
  std::filesystem::copy(ASSAY_SOURCE_DIR "/tests/data/campaign_mixed/out", scratch_.file("other"),
                        std::filesystem::copy_options::recursive);
  const std::string envelope = scratch_.file("other/report.sig.json");
  std::filesystem::remove(envelope);
  const Ended elsewhere =
      assay_program({"sign", scratch_.file("other"), "--role", "buyer", "--key",
                     scratch_.file("buyer.pem"), "--cert", certificate_of("buyer")});
  ASSERT_EQ(elsewhere.exit_code, 0) << elsewhere.err;
  EXPECT_EQ(elsewhere.err, "");
  std::filesystem::copy(envelope, scratch_.file("out/report.sig.json"),
                        std::filesystem::copy_options::overwrite_existing);
  const ScratchFolder said;
  const Ended mended = wait_for(begin("supplier", said), said);
  ASSERT_EQ(mended.exit_code, 0) << mended.err;
  EXPECT_NE(mended.err.find("dropped the signature of buyer, which is over another report"),
            std::string::npos)
      << mended.err;
  EXPECT_EQ(signatures_in(whole_file(scratch_.file("out/report.sig.json"))), 1);
  const Ended again = wait_for(begin("buyer", said), said);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.err, "");
  EXPECT_EQ(signatures_in(whole_file(scratch_.file("out/report.sig.json"))), 2);
  EXPECT_EQ(wait_for(begin("buyer", said), said).exit_code, 65) << "it has signed this report";
}

}  // namespace
}  // namespace assay
