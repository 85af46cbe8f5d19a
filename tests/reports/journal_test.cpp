#include "reports/journal.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include <gtest/gtest.h>

#include "reports/digest.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

const std::string k_session(64, 'a');

class Journal : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/journal-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = folder_ + "/00000.jsonl";
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] Result<std::unique_ptr<JournalWriter>> open() const {
    return JournalWriter::open(path_, k_session, 0);
  }
  /// A journal with an open line and `attempts` begun and ended attempts; closed again.
  void write(int attempts) const {
    const auto writer = open();
    ASSERT_TRUE(writer) << writer.error().message;
    ASSERT_TRUE((*writer)->append("open", open_members()));
    for (int i = 0; i < attempts; ++i) {
      ASSERT_TRUE((*writer)->append("begin", {{"attempt", i + 1}}));
      ASSERT_TRUE((*writer)->append("end", {{"attempt", i + 1}}));
    }
  }
  static Json::Object open_members() {
    return {{"schema", "assay.run/1"}, {"session", k_session}, {"node", 0}};
  }
  [[nodiscard]] std::string bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void put(const std::string& content) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << content;
  }
  /// The message of the refusal to read `content`, or "whole".
  static std::string refusal(const std::string& content) {
    const auto head = read_journal("journal/00000.jsonl", content,
                                   [](const Json&) -> Result<Done> { return Done{}; });
    return head ? "whole" : head.error().message;
  }

  std::string folder_, path_;
};

TEST_F(Journal, ChainsItsLines) {
  write(2);
  int lines = 0;
  const auto head = read_journal("j", bytes(), [&](const Json& line) -> Result<Done> {
    EXPECT_EQ(*line.find("seq")->whole(), lines);
    ++lines;
    return Done{};
  });
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(head->lines, 5U);
  EXPECT_EQ(lines, 5);
  const std::string all = bytes();
  const std::size_t last = all.rfind('\n', all.size() - 2) + 1;
  EXPECT_EQ(head->sha256, hex(sha256(all.substr(last, all.size() - last - 1))));
}

TEST_F(Journal, GoesOnWhereItEnded) {
  write(2);
  const auto writer = open();
  ASSERT_TRUE(writer) << writer.error().message;
  EXPECT_EQ((*writer)->found().size(), 5U);
  EXPECT_EQ((*writer)->next_attempt(), 3U);
  EXPECT_EQ((*writer)->dropped_bytes(), 0U);
  ASSERT_TRUE((*writer)->append("begin", {{"attempt", 3}}));
  EXPECT_EQ((*writer)->next_attempt(), 4U);
  EXPECT_EQ(refusal(bytes()), "whole");
}

TEST_F(Journal, DropsATornLastLineAndSaysSo) {
  write(1);
  const std::string whole = bytes();
  const std::string torn = R"({"attempt":2,"kind":"begin","prev":"0123","seq":3})";
  for (std::size_t length = 1; length <= torn.size(); ++length) {
    put(whole + torn.substr(0, length));
    const auto writer = open();
    ASSERT_TRUE(writer) << writer.error().message;
    EXPECT_EQ((*writer)->dropped_bytes(), length);
    EXPECT_EQ((*writer)->next_attempt(), 2U);
    const std::string now = bytes();
    ASSERT_EQ(refusal(now), "whole");
    ASSERT_EQ(now.substr(0, whole.size()), whole);
    EXPECT_NE(now.find(R"("kind":"drop")"), std::string::npos);
    EXPECT_NE(now.find(hex(sha256(torn.substr(0, length)))), std::string::npos);
  }
}

TEST_F(Journal, StartsAnewAfterATornFirstLine) {
  put(R"({"kind":"op)");
  const auto writer = open();
  ASSERT_TRUE(writer) << writer.error().message;
  EXPECT_TRUE((*writer)->found().empty());
  ASSERT_TRUE((*writer)->append("open", open_members()));
  EXPECT_EQ(refusal(bytes()), "whole");
  EXPECT_NE(bytes().find(R"("bytes":11,"kind":"drop")"), std::string::npos);
}

TEST_F(Journal, NeverDropsAWholeLine) {
  write(1);
  put(bytes() + "{\"kind\":\"end\n");
  const auto writer = open();
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code, Error::Code::bad_input);
  EXPECT_NE(writer.error().message.find("00000.jsonl:4: "), std::string::npos)
      << writer.error().message;
}

TEST_F(Journal, BelongsToOneSessionAndNode) {
  write(1);
  const auto other_session = JournalWriter::open(path_, std::string(64, 'b'), 0);
  ASSERT_FALSE(other_session);
  EXPECT_NE(other_session.error().message.find("another session"), std::string::npos);
  const auto other_node = JournalWriter::open(path_, k_session, 1);
  ASSERT_FALSE(other_node);
  EXPECT_NE(other_node.error().message.find("another node"), std::string::npos);
}

TEST_F(Journal, HasOneWriter) {
  const auto first = open();
  ASSERT_TRUE(first);
  const auto second = open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Error::Code::io);
}

TEST_F(Journal, IsNeverALinkOrAPipe) {
  put("");
  ASSERT_EQ(::symlink(path_.c_str(), (folder_ + "/link").c_str()), 0);
  EXPECT_FALSE(JournalWriter::open(folder_ + "/link", k_session, 0));
  ASSERT_EQ(::mkfifo((folder_ + "/pipe").c_str(), 0600), 0);
  EXPECT_FALSE(JournalWriter::open(folder_ + "/pipe", k_session, 0));
}

TEST_F(Journal, SetsTheChainItself) {
  const auto writer = open();
  ASSERT_TRUE(writer);
  EXPECT_FALSE((*writer)->append("open", {{"seq", 7}}));
  EXPECT_EQ(bytes(), "");
}

TEST_F(Journal, IsRefusedAfterAnyChangeOfALine) {
  write(2);
  const std::string whole = bytes();
  for (std::size_t place = 0; place < whole.size(); ++place) {
    std::string changed = whole;
    changed[place] = static_cast<char>(changed[place] ^ 1);
    const std::string answer = refusal(changed);
    const std::size_t last = whole.rfind('\n', whole.size() - 2);
    if (place < last) {  // what follows the last line is the signature's business
      EXPECT_NE(answer, "whole") << place;
    }
  }
}

TEST_F(Journal, IsRefusedWhenLinesAreMissingMovedOrDoubled) {
  write(1);
  std::vector<std::string> lines;
  std::ifstream file(path_);
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line + "\n");
  }
  EXPECT_EQ(refusal(lines[0] + lines[2]).substr(0, 22), "journal/00000.jsonl:2:");
  EXPECT_EQ(refusal(lines[0] + lines[2] + lines[1]).substr(0, 22), "journal/00000.jsonl:2:");
  EXPECT_EQ(refusal(lines[0] + lines[1] + lines[1]).substr(0, 22), "journal/00000.jsonl:3:");
  EXPECT_EQ(refusal(lines[0] + " " + lines[1]).substr(0, 22), "journal/00000.jsonl:2:");
  EXPECT_EQ(refusal(lines[0] + "\n" + lines[1]).substr(0, 22), "journal/00000.jsonl:2:");
  EXPECT_EQ(refusal(lines[0] + lines[1].substr(0, 9)),
            "journal/00000.jsonl:2: the last line is torn");
}

/// Appends until it fails; returns how many lines were appended and the failure.
std::pair<std::uint64_t, std::string> fill(JournalWriter& writer) {
  for (std::uint64_t lines = 0; lines < 100'000; ++lines) {
    const Result<Done> done = writer.append("note", {{"text", std::string(700, 'x')}});
    if (!done) {
      return {lines, done.error().message};
    }
  }
  return {0, "never full"};
}

TEST_F(Journal, VerifiesAfterTheDiskWasFull) {
  const std::string disk = folder_ + "/disk";
  ASSERT_TRUE(fs::create_directory(disk));
  if (::mount("none", disk.c_str(), "tmpfs", 0, "size=64k") != 0) {
    GTEST_SKIP() << "only root may mount a small disk; the limit on file size is tested below";
  }
  path_ = disk + "/00000.jsonl";
  {
    const auto writer = open();
    ASSERT_TRUE(writer);
    EXPECT_TRUE((*writer)->append("open", open_members()));
    const auto [lines, sentence] = fill(**writer);
    EXPECT_GT(lines, 10U);
    EXPECT_NE(sentence.find("No space left"), std::string::npos) << sentence;
    EXPECT_EQ(refusal(bytes()), "whole");
    ASSERT_EQ(::mount("none", disk.c_str(), "tmpfs", MS_REMOUNT, "size=128k"), 0);
    EXPECT_TRUE((*writer)->append("begin", {{"attempt", 1}})) << "goes on when there is room again";
    EXPECT_EQ(refusal(bytes()), "whole");
  }
  EXPECT_TRUE(open()) << "and can be opened again";
  EXPECT_EQ(::umount(disk.c_str()), 0);
}

TEST_F(Journal, VerifiesAfterTheFileMayNotGrow) {
  std::signal(SIGXFSZ, SIG_IGN);  // NOLINT(cert-err33-c): the old handler is the default one
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto writer = open();
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->append("open", open_members()));
  const rlimit small{.rlim_cur = 50'001, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto [lines, sentence] = fill(**writer);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_GT(lines, 10U);
  EXPECT_NE(sentence.find("can't be written"), std::string::npos) << sentence;
  EXPECT_EQ(refusal(bytes()), "whole");
  EXPECT_TRUE((*writer)->append("begin", {{"attempt", 1}}));
  EXPECT_EQ(refusal(bytes()), "whole");
}

TEST_F(Journal, NeverGrowsBeyondWhatAReaderTakes) {
  constexpr std::size_t k_most = 20'000;
  const auto writer = JournalWriter::open(path_, k_session, 0, k_most);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->append("open", open_members()));
  const auto [lines, sentence] = fill(**writer);
  EXPECT_GT(lines, 10U);
  EXPECT_NE(sentence.find("the journal would be larger than 20000 bytes"), std::string::npos)
      << sentence;
  EXPECT_LE(bytes().size(), k_most);
  EXPECT_GT(bytes().size(), k_most - 2'000) << "it was full";
  EXPECT_EQ(refusal(bytes()), "whole");
}

/// In a child: appends attempts and tells each number on `pipe` once it is on the disk.
[[noreturn]] void append_until_killed(const std::string& path, int pipe) {
  const auto writer = JournalWriter::open(path, k_session, 0);
  if (!writer) {
    ::_exit(1);
  }
  if ((*writer)->found().empty()) {
    const Result<Done> opened =
        (*writer)->append("open", {{"schema", "assay.run/1"}, {"session", k_session}, {"node", 0}});
    if (!opened) {
      ::_exit(1);
    }
  }
  while (true) {
    const std::uint64_t number = (*writer)->next_attempt();
    const Result<Done> done =
        (*writer)->append("begin", {{"attempt", static_cast<std::int64_t>(number)},
                                    {"text", std::string(number % 5000, 'x')}});
    if (!done || ::write(pipe, &number, sizeof number) != sizeof number) {
      ::_exit(1);
    }
  }
}

TEST_F(Journal, LosesNoFinishedLineToAKill) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp,cert-msc32-c): the same delays each time
  std::uint64_t told = 0;
  for (int round = 0; round < 150; ++round) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      append_until_killed(path_, ends[1]);
    }
    ::close(ends[1]);
    ::usleep(static_cast<useconds_t>(random() % 15'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child failed by itself in round " << round;
    for (std::uint64_t number = 0; ::read(ends[0], &number, sizeof number) == sizeof number;) {
      told = number;
    }
    ::close(ends[0]);
    const auto writer = open();
    ASSERT_TRUE(writer) << writer.error().message;
    ASSERT_GE((*writer)->next_attempt(), told + 1) << "round " << round;
  }
  EXPECT_GT(told, 20U) << "the child was killed before it wrote anything worth losing";
}

}  // namespace
}  // namespace assay
