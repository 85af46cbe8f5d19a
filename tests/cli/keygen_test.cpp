// assay keygen: what it refuses before it writes anything.
#include <filesystem>

#include <gtest/gtest.h>

#include "tests/cli/program.h"

namespace assay {
namespace {

TEST(Keygen, NeverOverwritesAndNeverGuesses) {
  const ScratchFolder folder;
  const std::vector<std::string> words{
      "keygen", "--out", folder.file("key.pem"), "--cert", folder.file("cert.pem"),
      "--name", "Tester"};
  EXPECT_EQ(assay_program(words).exit_code, 64) << "neither a passphrase nor --unencrypted";
  std::vector<std::string> pilot = words;
  pilot.emplace_back("--unencrypted");
  EXPECT_EQ(assay_program(pilot).exit_code, 0);
  const std::string key = whole_file(folder.file("key.pem"));
  const Ended again = assay_program(pilot);
  EXPECT_EQ(again.exit_code, 65);
  EXPECT_NE(again.err.find("key.pem exists"), std::string::npos) << again.err;
  EXPECT_EQ(whole_file(folder.file("key.pem")), key);
}

TEST(Keygen, WantsADifferentFileForEachOfItsThree) {
  const ScratchFolder folder;
  std::filesystem::create_directory(folder.file("there"));
  std::filesystem::create_directory_symlink(folder.file("there"), folder.file("link"));
  struct Names {
    std::string key, certificate, policy;
  };
  for (const Names& names :
       {Names{"a.pem", "a.pem", "p.json"}, Names{"a.pem", "./a.pem", "p.json"},
        Names{"a.pem", "there/../a.pem", "p.json"}, Names{"there/a.pem", "link/a.pem", "p.json"},
        Names{"a.pem", "c.pem", "a.pem"}, Names{"a.pem", "c.pem", "./c.pem"}}) {
    const Ended refused = assay_program(
        {"keygen", "--out", folder.file(names.key), "--cert", folder.file(names.certificate),
         "--policy", folder.file(names.policy), "--name", "Tester", "--unencrypted"});
    EXPECT_EQ(refused.exit_code, 64) << names.certificate << ' ' << names.policy;
    EXPECT_EQ(refused.err, "assay: keygen: --out, --cert and --policy must be different files\n");
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.file("there")));
  EXPECT_FALSE(std::filesystem::exists(folder.file("a.pem")));
}

TEST(Keygen, SaysOfNamesThatLeadNowhereThatTheyDo) {
  const ScratchFolder folder;
  std::filesystem::create_symlink("loop", folder.file("loop"));
  const Ended refused =
      assay_program({"keygen", "--out", folder.file("loop/a.pem"), "--cert",
                     folder.file("loop/c.pem"), "--name", "Tester", "--unencrypted"});
  EXPECT_EQ(refused.exit_code, 74) << refused.err;
  EXPECT_NE(refused.err.find("loop"), std::string::npos) << refused.err;
  EXPECT_EQ(refused.err.find("must be different files"), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace assay
