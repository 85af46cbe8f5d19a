// Who exchanges with whom, and which link was the slowest.
#include "kernels/link_rounds.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "harness/run/link_times.h"
#include "reports/slow_link.h"

namespace assay {
namespace {

using Pattern = CollectiveProblem::Pattern;

CollectiveProblem links_of(Pattern pattern, std::uint32_t ranks) {
  return {.op = CollectiveProblem::Op::links, .pattern = pattern, .bytes = 4, .ranks = ranks};
}

/// Who got a message from whom in all rounds of a step, and how often.
std::map<std::pair<std::uint32_t, std::uint32_t>, int> messages(const CollectiveProblem& problem) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, int> all;
  for (std::uint32_t round = 0; round < link_rounds(problem); ++round) {
    for (std::uint32_t rank = 0; rank < problem.ranks; ++rank) {
      const LinkTurn turn = link_turn(problem, round, rank);
      if (turn.to != LinkTurn::k_nobody) {
        ++all[{rank, static_cast<std::uint32_t>(turn.to)}];
        const LinkTurn other = link_turn(problem, round, static_cast<std::uint32_t>(turn.to));
        EXPECT_TRUE(other.gathers || other.from == static_cast<std::int32_t>(rank));
      }
    }
  }
  return all;
}

TEST(LinkRounds, UseEveryLinkOnceEachWayInEveryPattern) {
  for (const Pattern pattern : {Pattern::pairs, Pattern::permutation, Pattern::incast}) {
    for (const std::uint32_t ranks : {2U, 3U, 4U, 7U, 10U}) {
      const auto all = messages(links_of(pattern, ranks));
      EXPECT_EQ(all.size(), ranks * (ranks - 1)) << ranks;
      for (const auto& [who, count] : all) {
        EXPECT_EQ(count, 1) << who.first << " to " << who.second << " of " << ranks;
        EXPECT_NE(who.first, who.second);
      }
    }
  }
}

TEST(LinkRounds, OfPairsAreOneLessThanTheRanksOrAsManyAsAnOddNumberOfThem) {
  EXPECT_EQ(link_rounds(links_of(Pattern::pairs, 8)), 7U);
  EXPECT_EQ(link_rounds(links_of(Pattern::pairs, 7)), 7U);
  EXPECT_EQ(link_rounds(links_of(Pattern::permutation, 8)), 7U);
  EXPECT_EQ(link_rounds(links_of(Pattern::incast, 8)), 8U);
}

/// The note of a sweep in which every message takes 100 ns, and those of slow(a, b) 500 ns. One
/// place begins late, and so does all that waits for it.
template <class Slow>
std::string note_of(const CollectiveProblem& problem, const Slow& slow, std::uint32_t late = 99) {
  std::vector<std::uint32_t> places;  // rank 0 is where the launcher laid out its last one
  for (std::uint32_t rank = 0; rank < problem.ranks; ++rank) {
    places.push_back(problem.ranks - 1 - rank);
  }
  LinkTimes times(problem, places);
  EXPECT_TRUE(times.notes().empty());
  for (std::uint32_t round = 0; round < link_rounds(problem); ++round) {
    std::vector<std::int64_t> end_ns(problem.ranks, 100);
    std::vector<std::int64_t> late_ns(problem.ranks, 0);
    for (std::uint32_t rank = 0; rank < problem.ranks; ++rank) {
      const LinkTurn turn = link_turn(problem, round, rank);
      if (turn.to == LinkTurn::k_nobody) {
        continue;
      }
      const std::uint32_t other = places[static_cast<std::uint32_t>(turn.to)];
      end_ns[rank] = slow(places[rank], other) ? 500 : 100;
      late_ns[rank] = places[rank] == late ? 3000 : 0;
      end_ns[rank] += places[rank] == late || other == late ? 3000 : 0;
    }
    times.add(round, end_ns, late_ns);
  }
  Readings telemetry;
  for (const Noted& note : times.notes()) {
    telemetry[note.name] = {note.value, note.reason};
  }
  return slow_link_of(telemetry);
}

TEST(LinkTimes, NameASlowLinkByThePlacesOfItsRanks) {
  const auto between_1_and_4 = [](std::uint32_t a, std::uint32_t b) {
    return (a == 1 && b == 4) || (a == 4 && b == 1);
  };
  const std::string expected =
      "the slowest of 15 links is that between ranks 1 and 4, 5.0 times the fastest one's time";
  EXPECT_EQ(note_of(links_of(Pattern::pairs, 6), between_1_and_4), expected);
  EXPECT_EQ(note_of(links_of(Pattern::incast, 6), between_1_and_4).substr(0, expected.size() - 29),
            expected.substr(0, expected.size() - 29));
}

TEST(LinkTimes, NameARankWhoseEveryLinkIsSlow) {
  const auto of_2 = [](std::uint32_t a, std::uint32_t b) { return a == 2 || b == 2; };
  for (const Pattern pattern : {Pattern::pairs, Pattern::incast, Pattern::permutation}) {
    const std::string note = note_of(links_of(pattern, 6), of_2);
    EXPECT_NE(note.find("; every link of rank 2 takes at least "), std::string::npos) << note;
  }
}

TEST(LinkTimes, NameNobodyForHearingOfTheStartLate) {
  const auto of_2 = [](std::uint32_t a, std::uint32_t b) { return a == 2 || b == 2; };
  const std::string note = note_of(links_of(Pattern::pairs, 6), of_2, 4);
  EXPECT_EQ(note.find("the slowest of 15 links is that between ranks 0 and 2, "), 0U) << note;
  EXPECT_NE(note.find("; every link of rank 2 takes at least 5.0 times"), std::string::npos)
      << note;
}

TEST(LinkTimes, NameNoRankWhereOneOfItsLinksIsFast) {
  const auto to_2_but_one = [](std::uint32_t a, std::uint32_t b) {
    return (a == 2 && b != 0) || (b == 2 && a != 0);
  };
  const std::string note = note_of(links_of(Pattern::pairs, 6), to_2_but_one);
  EXPECT_EQ(note.find("; every link"), std::string::npos) << note;
}

TEST(SlowLink, OfTelemetryThatDoesNotShowTheLinksIsNothing) {
  EXPECT_EQ(slow_link_of({}), "");
  EXPECT_EQ(slow_link_of({{"links_count", {3, ""}}}), "");
}

}  // namespace
}  // namespace assay
