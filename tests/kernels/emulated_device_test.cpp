// The emulated device itself: what it may not forgive, and how its tensor cores add.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/number_bits.h"
#include "tests/doubles/cuda/device.h"
#include "tests/doubles/cuda/machine.h"
#include "tests/doubles/cuda/simt.h"
#include "tests/doubles/cuda/tensor_cores.h"
#include "tests/doubles/cuda/warp_matrix.h"

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

TEST(EmulatedDeathTest, LanesThatDoDifferentThingsTogetherEndTheProcess) {
  EXPECT_DEATH(launch(1, 32,
                      [] {
                        int own = 0;
                        if (here().thread.x < 16) {
                          together(&own, [](void* const*) {});
                        } else {
                          static_cast<void>(exchange(0xffff'ffffU, 1, 0));
                        }
                      }),
               "lanes of a warp that do different things together");
}

TEST(Emulated, ACopyIsDoneWhenItIsWaitedForAndNoSooner) {
  const int one = 1;
  std::vector<int> seen;
  launch(1, 1, [&] {
    auto* const shared = static_cast<int*>(shared_array(1, sizeof(int)));
    *shared = 7;
    copy_later({.to = shared, .from = &one, .bytes = sizeof one});
    seen.push_back(*shared);
    finish_copies();
    seen.push_back(*shared);
    copy_later({.to = shared, .from = nullptr, .bytes = sizeof one});
    finish_copies();
    seen.push_back(*shared);
  });
  EXPECT_EQ(seen, (std::vector<int>{7, 1, 0}));
}

TEST(EmulatedDeathTest, ACopyThatNobodyWaitsForEndsTheProcess) {
  EXPECT_DEATH(
      launch(1, 1, [] { copy_later({.to = shared_array(1, 16), .from = nullptr, .bytes = 16}); }),
      "a copy that its thread did not wait for");
}

/// Rows `stride` bytes apart, with element c of row r being 100 r + c.
void load_rows(std::size_t stride, std::vector<std::uint32_t>& got, bool transposed) {
  launch(1, 32, [&] {
    auto* const shared = static_cast<std::byte*>(shared_array(1, 32 * stride));
    const unsigned lane = here().thread.x;
    auto* const row = shared + lane * stride;
    for (unsigned c = 0; c < 8; ++c) {
      reinterpret_cast<std::uint16_t*>(row)[c] = static_cast<std::uint16_t>(100 * lane + c);
    }
    std::uint32_t to[4] = {};
    transposed ? cuda::load_transposed(to, row) : cuda::load_matrices(to, row);
    std::copy_n(to, 4, &got[std::size_t{4} * lane]);
  });
}

// PTX ISA, "Matrix fragments for ldmatrix": thread 9 has row 2, elements 2 and 3.
TEST(Emulated, MatricesAreLoadedAsPtxHasThem) {
  std::vector<std::uint32_t> got(128);
  load_rows(16, got, false);
  EXPECT_EQ(got[4 * 9], 202U | 203U << 16U);
  EXPECT_EQ(got[4 * 9 + 3], 2602U | 2603U << 16U);
  load_rows(16, got, true);
  EXPECT_EQ(got[4 * 9], 202U | 302U << 16U);
  EXPECT_EQ(got[4 * 9 + 3], 2602U | 2702U << 16U);
}

TEST(EmulatedDeathTest, RowsOfAMatrixInOneBankEndTheProcess) {
  std::vector<std::uint32_t> got(128);
  EXPECT_DEATH(load_rows(128, got, false), "rows of one matrix that lie in one bank");
}

TEST(EmulatedDeathTest, MatricesOutsideOfSharedMemoryEndTheProcess) {
  alignas(16) static std::byte outside[16];
  EXPECT_DEATH(launch(1, 32,
                      [] {
                        std::uint32_t to[4] = {};
                        cuda::load_matrices(to, outside);
                      }),
               "a row of a matrix that isn't sixteen aligned bytes of shared memory");
}

// By the tables of PTX, "Matrix fragments for mma.m16n8k16": A of row 3, column 12 is in lane 14's
// third word, low; B of row 12, column 5 in lane 22's second, low; D of row 3, column 5 in lane
// 14's second.
TEST(Emulated, ProductsOfAWarpHaveTheFragmentsOfPtx) {
  machine() = *machine_from("gpus=1");
  power_on();
  const auto bits = [](double value) {
    return static_cast<std::uint32_t>(rounded_bits(NumberType::bf16, value));
  };
  std::vector<float> got(128);
  launch(1, 32, [&] {
    const unsigned lane = here().thread.x;
    const std::uint32_t a[4] = {0, 0, lane == 14 ? bits(3) : 0, 0};
    float d[4] = {0, 0.5F, 0, 0};
    cuda::multiply_add(d, a, 0, lane == 22 ? bits(7) : 0);
    std::copy_n(d, 4, &got[std::size_t{4} * lane]);
  });
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i], i == 4 * 14 + 1 ? 21.5F : i % 4 == 1 ? 0.5F : 0.0F) << i;
  }
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

/// Whether a warp's product adds as tensor_dot() does, whose every sum was compared with the
/// model's.
TEST(TensorCores, AddAWarpsProductsAsTheyAddOthers) {
  std::mt19937_64 draw(9);  // NOLINT(cert-msc32-c,cert-msc51-cpp): to be repeated
  std::normal_distribution<float> numbers;
  for (const TensorCores cores : {TensorCores{}, TensorCores{.fraction = 13, .kept = 14}}) {
    TensorTile tile;
    for (auto& row : tile.a) {
      std::generate(row.begin(), row.end(), [&] { return double{numbers(draw)}; });
    }
    for (auto& row : tile.b) {
      std::generate(row.begin(), row.end(), [&] { return double{numbers(draw)}; });
    }
    TensorTile made = tile;
    add_products(cores, made);
    for (std::size_t i = 0; i < 16; ++i) {
      for (std::size_t j = 0; j < 8; ++j) {
        std::array<double, 16> column{};
        for (std::size_t k = 0; k < 16; ++k) {
          column.at(k) = tile.b.at(k).at(j);
        }
        EXPECT_EQ(made.sums.at(i).at(j),
                  tensor_dot(cores, tile.a.at(i).data(), column.data(), 16, 16));
      }
    }
  }
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
