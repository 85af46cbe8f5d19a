// The emulated device itself: what it may not forgive, and how its tensor cores add.
#include <cmath>
#include <numeric>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "tests/doubles/cuda/simt.h"
#include "tests/doubles/cuda/tensor_cores.h"

namespace assay::emulated {
namespace {

TEST(Emulated, ThreadsOfABlockMeetAtBarriers) {
  std::vector<int> sums(3);
  launch(3, 64, [&sums] {
    auto* const shared = static_cast<int*>(shared_array(1, 64 * sizeof(int)));
    shared[here().thread.x] = static_cast<int>(here().thread.x);
    barrier(1);
    if (here().thread.x == 0) {
      sums[here().block.x] = std::accumulate(shared, shared + 64, 0);
    }
  });
  EXPECT_EQ(sums, (std::vector<int>{2016, 2016, 2016}));
}

TEST(Emulated, LanesExchangeWords) {
  std::vector<std::uint64_t> got(64);
  launch(1, 64, [&got] {
    const unsigned lane = here().thread.x;
    std::uint64_t word = lane;
    for (unsigned distance = 16; distance > 0; distance /= 2) {
      word += exchange(0xffff'ffffU, word, lane % 32U ^ distance);
    }
    got[lane] = word;
  });
  EXPECT_EQ(got[5], 496U);
  EXPECT_EQ(got[63], 1520U);
}

TEST(EmulatedDeathTest, ABarrierThatSomeThreadsSkipEndsTheProcess) {
  EXPECT_DEATH(launch(1, 64,
                      [] {
                        if (here().thread.x != 7) {
                          barrier(42);
                        }
                      }),
               "a barrier that not all threads of the block reach .line 42.");
}

TEST(EmulatedDeathTest, TwoBarriersAtOnceEndTheProcess) {
  EXPECT_DEATH(launch(1, 64, [] { barrier(here().thread.x < 32 ? 1 : 2); }),
               "threads are at two barriers at once");
}

TEST(EmulatedDeathTest, AShuffleWithoutAllItsLanesEndsTheProcess) {
  EXPECT_DEATH(launch(1, 32,
                      [] {
                        if (here().thread.x != 3) {
                          static_cast<void>(exchange(0xffff'ffffU, 1, 0));
                        }
                      }),
               "a shuffle that not all lanes of its mask join");
}

TEST(EmulatedDeathTest, AWriteBeyondASharedArrayEndsTheProcess) {
  EXPECT_DEATH(launch(1, 1, [] { static_cast<char*>(shared_array(9, 16))[16] = 1; }),
               "a write beyond the shared array of line 9");
}

TEST(Emulated, ARaceOfBlocksOrWarpsShowsBetweenSeeds) {
  std::set<unsigned> last_blocks;
  std::set<unsigned> last_warps;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    draw_orders_from(seed);
    unsigned block = 0;
    unsigned warp = 0;
    launch(4, 128, [&] {
      block = here().block.x;
      warp = here().thread.x / 32;
    });
    last_blocks.insert(block);
    last_warps.insert(warp);
  }
  EXPECT_EQ(last_blocks.size(), 4U);
  EXPECT_EQ(last_warps.size(), 4U);
}

/// The share of sums of k products of integers up to `amplitude` that are not exact.
double wrong_share(const TensorCores& cores, int amplitude, std::uint64_t k) {
  constexpr int k_sums = 400;
  std::mt19937_64 draw(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): to be repeated
  std::uniform_int_distribution<int> integers(-amplitude, amplitude);
  int wrong = 0;
  std::vector<double> a(k);
  std::vector<double> b(k);
  for (int i = 0; i < k_sums; ++i) {
    double exact = 0;
    for (std::uint64_t kk = 0; kk < k; ++kk) {
      a[kk] = integers(draw);
      b[kk] = integers(draw);
      exact += a[kk] * b[kk];
    }
    wrong += tensor_dot(cores, a.data(), b.data(), k, 32) == exact ? 0 : 1;
  }
  return static_cast<double>(wrong) / k_sums;
}

// MMA-Sim (arXiv 2511.10909): Hopper's FP8 sums have 14 significant bits, Blackwell's 24.
TEST(TensorCores, OfHopperAddFp8WronglyWhereThoseOfBlackwellDoNot) {
  const TensorCores hopper{.fraction = 13, .kept = 14};
  const TensorCores blackwell{.fraction = 25, .kept = 24};
  EXPECT_NEAR(wrong_share(hopper, 15, 16384), 0.18, 0.06);
  EXPECT_EQ(wrong_share(blackwell, 15, 16384), 0.0);
  EXPECT_EQ(wrong_share(hopper, 7, 4096), 0.0);
}

}  // namespace
}  // namespace assay::emulated
