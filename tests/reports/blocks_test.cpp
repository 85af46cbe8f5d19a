#include "reports/blocks.h"

#include <limits>

#include <gtest/gtest.h>

namespace assay {
namespace {

/// Three blocks of 100, 150 and 40 ns with a gap of 7 ns before the last.
Blocks some_blocks() {
  return {.start_ns = {0, 100, 257},
          .end_ns = {100, 250, 297},
          .steps = {10, 15, 4},
          .tiles = {10, 15, 4},
          .full = {2, 0, 1},
          .wrong = {0, 1, 0},
          .check_ns = {5, 6, 7},
          .clock_khz = {-1, 2'000'000, 3},
          .power_mw = {-1, 400'000, std::numeric_limits<std::int64_t>::min()}};
}

TEST(Blocks, ComeBackAsTheyWere) {
  const std::string bytes = encode(some_blocks());
  const Result<Blocks> back = decode_blocks(bytes);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->start_ns, some_blocks().start_ns);
  EXPECT_EQ(back->wrong, some_blocks().wrong);
  EXPECT_EQ(back->clock_khz, some_blocks().clock_khz);
  EXPECT_EQ(back->power_mw, some_blocks().power_mw);
  EXPECT_EQ(encode(*back), bytes);
}

TEST(Blocks, AreWrittenAsTheDocumentSays) {
  const std::string bytes = encode({.start_ns = {0},
                                    .end_ns = {258},
                                    .steps = {1},
                                    .tiles = {1},
                                    .full = {0},
                                    .wrong = {0},
                                    .check_ns = {0},
                                    .clock_khz = {-1},
                                    .power_mw = {2}});
  EXPECT_EQ(bytes.size(), 15U + 2U + 72U);
  EXPECT_EQ(bytes.substr(0, 17), "assay.blocks/1\n1\n");
  EXPECT_EQ(bytes.substr(25, 8), std::string("\x02\x01\0\0\0\0\0\0", 8));
  EXPECT_EQ(bytes.substr(17 + 56, 8), std::string(8, '\xff'));
}

TEST(Blocks, OfTimedStepsHaveATenthColumn) {
  Blocks blocks = some_blocks();
  blocks.timed_ns = {90, 100, 33};
  const std::string bytes = encode(blocks);
  EXPECT_EQ(bytes.size(), encode(some_blocks()).size() + 24);
  EXPECT_EQ(bytes.substr(0, 17), "assay.blocks/2\n3\n");
  const auto back = decode_blocks(bytes);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->timed_ns, blocks.timed_ns);
  EXPECT_EQ(encode(*back), bytes);
  const auto sums = sums_of(*back);
  ASSERT_TRUE(sums) << sums.error().message;
  EXPECT_EQ(sums->timed_ns, 223);
  EXPECT_EQ(sums_of(some_blocks())->timed_ns, std::nullopt);
}

TEST(Blocks, AreRefusedAtEveryCutAndWithOneByteMore) {
  const std::string bytes = encode(some_blocks());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decode_blocks(std::string_view(bytes).substr(0, length))) << length;
  }
  EXPECT_FALSE(decode_blocks(bytes + "x"));
}

TEST(Blocks, AreRefusedWithACountThatIsNoPlainNumber) {
  const std::string tail(std::size_t{72} * 3, '\0');
  for (const std::string_view count :
       {"03", "+3", "-3", "3 ", " 3", "", "0x3", "10000001", "99999999999999999999", "3\r"}) {
    EXPECT_FALSE(decode_blocks("assay.blocks/1\n" + std::string(count) + "\n" + tail)) << count;
  }
  EXPECT_FALSE(decode_blocks("assay.blocks/2\n3\n" + tail));
  EXPECT_TRUE(decode_blocks("assay.blocks/1\n0\n"));
  EXPECT_FALSE(decode_blocks("assay.blocks/2\n0\n")) << "none have one form";
}

TEST(WindowSums, GiveTheShareOfChecksOfTheLongestWindow) {
  const std::int64_t days_30 = std::int64_t{720} * 3600 * 1'000'000'000;
  EXPECT_EQ(check_share_ppm({.elapsed_ns = days_30, .check_ns = days_30 / 100}), 10'000);
  EXPECT_EQ(check_share_ppm({.elapsed_ns = 3, .check_ns = 2}), 666'666);
}

TEST(WindowSums, AddUpTheBlocks) {
  const Result<WindowSums> sums = sums_of(some_blocks());
  ASSERT_TRUE(sums) << sums.error().message;
  EXPECT_EQ(sums->elapsed_ns, 297);
  EXPECT_EQ(sums->gap_ns, 7);
  EXPECT_EQ(sums->steps, 29);
  EXPECT_EQ(sums->tiles, 29);
  EXPECT_EQ(sums->full, 3);
  EXPECT_EQ(sums->wrong, 1);
  EXPECT_EQ(sums->check_ns, 18);
  EXPECT_EQ(sums->shortest_ns, 100) << "the last block may be shorter";
}

/// The sums of some_blocks() after one edit.
template <class Edit>
std::string refusal(Edit edit) {
  Blocks blocks = some_blocks();
  edit(blocks);
  const Result<WindowSums> sums = sums_of(blocks);
  return sums ? "accepted" : sums.error().message;
}

TEST(WindowSums, RefuseBlocksThatCantBe) {
  EXPECT_EQ(refusal([](Blocks& b) { b = {}; }), "there are no blocks");
  EXPECT_EQ(refusal([](Blocks& b) { b.start_ns[0] = 1; }), "block 0 doesn't start at 0");
  EXPECT_EQ(refusal([](Blocks& b) { b.start_ns[1] = 99; }), "block 1 overlaps the one before");
  EXPECT_EQ(refusal([](Blocks& b) { b.end_ns[2] = 257; }), "block 2 ends before it starts");
  EXPECT_EQ(refusal([](Blocks& b) { b.steps[1] = 0; }), "block 1 has no steps");
  EXPECT_NE(refusal([](Blocks& b) { b.tiles[1] = 16; }), "accepted");
  EXPECT_NE(refusal([](Blocks& b) { b.full[1] = -1; }), "accepted");
  EXPECT_NE(refusal([](Blocks& b) { b.tiles[1] = 0; }), "accepted") << "a wrong slot is checked";
  EXPECT_NE(refusal([](Blocks& b) { b.check_ns[0] = 101; }), "accepted");
  const std::string timed = " has steps that took no time, or more than its checks leave";
  EXPECT_EQ(refusal([](Blocks& b) { b.timed_ns = {96, 1, 1}; }), "block 0" + timed);
  EXPECT_EQ(refusal([](Blocks& b) { b.timed_ns = {95, 0, 1}; }), "block 1" + timed);
  EXPECT_EQ(refusal([](Blocks& b) { b.timed_ns = {95, 144, 33}; }), "accepted");
  EXPECT_NE(refusal([](Blocks& b) { b.steps.assign(3, std::numeric_limits<std::int64_t>::max()); }),
            "accepted");
}

TEST(MeanClock, IsThatOfTheBlocksByTheirLengths) {
  Blocks blocks{.start_ns = {0, 100},
                .end_ns = {100, 400},
                .steps = {1, 1},
                .tiles = {1, 1},
                .full = {0, 0},
                .wrong = {0, 0},
                .check_ns = {0, 0},
                .clock_khz = {1'000'000, 2'000'001},
                .power_mw = {-1, -1}};
  EXPECT_EQ(mean_clock_khz(blocks), 1'750'000) << "rounded down from 1750000.75";
  blocks.clock_khz = {k_most_clock_khz, k_most_clock_khz};
  EXPECT_EQ(mean_clock_khz(blocks), k_most_clock_khz);
}

TEST(MeanClock, IsHiddenWhereOneBlockHidesIt) {
  Blocks blocks = some_blocks();
  for (const std::int64_t hidden : {std::int64_t{-1}, std::int64_t{0}, k_most_clock_khz + 1}) {
    blocks.clock_khz = {1'000'000, hidden, 1'000'000};
    EXPECT_EQ(mean_clock_khz(blocks), std::nullopt) << hidden;
  }
  EXPECT_EQ(mean_clock_khz(Blocks{}), std::nullopt);
}

}  // namespace
}  // namespace assay
