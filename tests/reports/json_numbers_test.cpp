// The public number test of RFC 8785 (its appendix B names it): a sequence of doubles that anyone
// can make, and the SHA-256 of their first 1e3 to 1e6 lines "bits,number" as its author published
// them (cyberphone/json-canonicalization, testdata/README.md, Apache-2.0). No file is needed.
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>

#include <gtest/gtest.h>

#include "reports/digest.h"
#include "reports/json.h"

namespace assay {
namespace {

/// Thirds of powers of ten as the test has them; each stands there negative and then positive.
constexpr std::array<std::uint64_t, 50> k_thirds{
    0xc46696695dbd1cc3, 0xc43211ede4974a35, 0xc3fce97ca0f21056, 0xc3c7213080c1a6ac,
    0xc39280f39a348556, 0xc35d9b1f5d20d557, 0xc327af4c4a80aaac, 0xc2f2f2a36ecd5556,
    0xc2be51057e155558, 0xc28840d131aaaaac, 0xc253670dc1555557, 0xc21f0b4935555557,
    0xc1e8d5d42aaaaaac, 0xc1b3de4355555556, 0xc17fca0555555556, 0xc1496e6aaaaaaaab,
    0xc114585555555555, 0xc0e046aaaaaaaaab, 0xc0aa0aaaaaaaaaaa, 0xc074d55555555555,
    0xc040aaaaaaaaaaab, 0xc00aaaaaaaaaaaab, 0xbfd5555555555555, 0xbfa1111111111111,
    0xbf6b4e81b4e81b4f, 0xbf35d867c3ece2a5, 0xbf0179ec9cbd821e, 0xbecbf647612f3696,
    0xbe965e9f80f29212, 0xbe61e54c672874db, 0xbe2ca213d840baf8, 0xbdf6e80fe033c8c6,
    0xbdc2533fe68fd3d2, 0xbd8d51ffd74c861c, 0xbd5774ccac3d3817, 0xbd22c3d6f030f9ac,
    0xbcee0624b3818f79, 0xbcb804ea293472c7, 0xbc833721ba905bd3, 0xbc4ebe9c5db3c61e,
    0xbc18987d17c304e5, 0xbbe3ad30dfcf371d, 0xbbaf7b816618582f, 0xbb792f9ab81379bf,
    0xbb442615600f9499, 0xbb101e77800c76e1, 0xbad9ca58cce0be35, 0xbaa4a1e0a3e6fe90,
    0xba708180831f320d, 0xba3a68cd9e985016};

constexpr std::array<std::uint64_t, 64> k_edges{
    0x4024000000000000, 0x4014000000000000, 0x3fe0000000000000, 0x3fa999999999999a,
    0x3f747ae147ae147b, 0x3f40624dd2f1a9fc, 0x3f0a36e2eb1c432d, 0x3ed4f8b588e368f1,
    0x3ea0c6f7a0b5ed8d, 0x3e6ad7f29abcaf48, 0x3e35798ee2308c3a, 0x3ed539223589fa95,
    0x3ed4ff26cd5a7781, 0x3ed4f95a762283ff, 0x3ed4f8c60703520c, 0x3ed4f8b72f19cd0d,
    0x3ed4f8b5b31c0c8d, 0x3ed4f8b58d1c461a, 0x3ed4f8b5894f7f0e, 0x3ed4f8b588ee37f3,
    0x3ed4f8b588e47da4, 0x3ed4f8b588e3849c, 0x3ed4f8b588e36bb5, 0x3ed4f8b588e36937,
    0x3ed4f8b588e368f8, 0x3ed4f8b588e368f1, 0x3ff0000000000000, 0xbff0000000000000,
    0xbfeffffffffffffa, 0xbfeffffffffffffb, 0x3feffffffffffffa, 0x3feffffffffffffb,
    0x3feffffffffffffc, 0x3feffffffffffffe, 0xbfefffffffffffff, 0xbfefffffffffffff,
    0x3fefffffffffffff, 0x3fefffffffffffff, 0x3fd3333333333332, 0x3fd3333333333333,
    0x3fd3333333333334, 0x0010000000000000, 0x000ffffffffffffd, 0x000fffffffffffff,
    0x7fefffffffffffff, 0xffefffffffffffff, 0x4340000000000000, 0xc340000000000000,
    0x4430000000000000, 0x44b52d02c7e14af5, 0x44b52d02c7e14af6, 0x44b52d02c7e14af7,
    0x444b1ae4d6e2ef4e, 0x444b1ae4d6e2ef4f, 0x444b1ae4d6e2ef50, 0x3eb0c6f7a0b5ed8c,
    0x3eb0c6f7a0b5ed8d, 0x41b3de4355555553, 0x41b3de4355555554, 0x41b3de4355555555,
    0x41b3de4355555556, 0x41b3de4355555557, 0xbecbf647612f3696, 0x43143ff3c1cb0959};

class Sequence {
 public:
  Sequence() : first_{0, 0x8000000000000000, 1, 0x8000000000000001} {
    first_.insert(first_.end(), k_thirds.begin(), k_thirds.end());
    for (const std::uint64_t third : k_thirds) {
      first_.push_back(third & ~(std::uint64_t{1} << 63U));
    }
    first_.insert(first_.end(), k_edges.begin(), k_edges.end());
    for (std::uint64_t i = 0; i < 2000; ++i) {
      first_.push_back(0x0010000000000000 + i);
    }
  }

  double next() {
    if (given_ < first_.size()) {
      return std::bit_cast<double>(first_[given_++]);
    }
    double value = 0;
    while (value == 0 || !std::isfinite(value)) {
      if (word_ == 4) {
        block_ = sha256(block_);
        word_ = 0;
      }
      std::uint64_t bits = 0;
      for (std::size_t i = 8; i > 0; --i) {
        bits = (bits << 8U) | block_.at(word_ * 8 + i - 1);
      }
      ++word_;
      value = std::bit_cast<double>(bits);
    }
    return value;
  }

 private:
  std::vector<std::uint64_t> first_;
  std::size_t given_ = 0;
  Digest block_{};
  std::size_t word_ = 4;
};

void expect_digest(int lines, const std::string& digest) {
  Sequence sequence;
  Hasher hasher;
  for (int i = 0; i < lines; ++i) {
    const double value = sequence.next();
    std::array<char, 32> bits{};
    const int size =
        std::snprintf(bits.data(), bits.size(), "%llx,",
                      static_cast<unsigned long long>(std::bit_cast<std::uint64_t>(value)));
    hasher.add(std::string_view(bits.data(), static_cast<std::size_t>(size)));
    hasher.add(canonical_json(value));
    hasher.add("\n");
  }
  EXPECT_EQ(hex(hasher.finish()), digest);
}

TEST(CanonicalNumbers, HaveThePublishedDigestOfAThousandLines) {
  expect_digest(1'000, "be18b62b6f69cdab33a7e0dae0d9cfa869fda80ddc712221570f9f40a5878687");
}

TEST(CanonicalNumbers, HaveThePublishedDigestOfTenThousandLines) {
  expect_digest(10'000, "b9f7a8e75ef22a835685a52ccba7f7d6bdc99e34b010992cbc5864cd12be6892");
}

TEST(CanonicalNumbers, HaveThePublishedDigestOfAHundredThousandLines) {
  expect_digest(100'000, "22776e6d4b49fa294a0d0f349268e5c28808fe7e0cb2bcbe28f63894e494d4c7");
}

TEST(CanonicalNumbers, HaveThePublishedDigestOfAMillionLines) {
  expect_digest(1'000'000, "49415fee2c56c77864931bd3624faad425c3c577d6d74e89a83bc725506dad16");
}

TEST(CanonicalNumbers, AreReadBackAsTheSameDoubles) {
  Sequence sequence;
  for (int i = 0; i < 100'000; ++i) {
    const double value = sequence.next();
    const std::string text = canonical_json(value);
    if (text.find_first_of(".e") == std::string::npos) {
      continue;  // whole: read as such, if it fits
    }
    const auto read = read_json(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(*read->real(), value) << text;
  }
}

}  // namespace
}  // namespace assay
