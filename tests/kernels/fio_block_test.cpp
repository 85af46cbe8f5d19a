// Blocks that fio has written, and all that may stand in their place.
#include "kernels/host/fio_block.h"

#include <array>
#include <cstring>

#include <gtest/gtest.h>

#include "kernels/host/keyed_block.h"

namespace assay::storage {
namespace {

constexpr std::int64_t k_time_ns = 80'516'692'775'413;

template <class T>
void put(std::array<std::uint64_t, k_block_words>& block, std::size_t at, T value) {
  std::memcpy(static_cast<unsigned char*>(static_cast<void*>(block.data())) + at, &value,
              sizeof value);
}

/// As fio 3.33 writes one for byte 8192: struct verify_header, a checksum of the data, the data.
std::array<std::uint64_t, k_block_words> block_of_fio() {
  std::array<std::uint64_t, k_block_words> block{};
  for (std::size_t i = 0; i < block.size(); ++i) {
    block.at(i) = 0x9e3779b97f4a7c15ULL * (i + 1);
  }
  const auto* const bytes =
      static_cast<const std::uint8_t*>(static_cast<const void*>(block.data()));
  put<std::uint16_t>(block, 0, 0xacca);
  put<std::uint16_t>(block, 2, 5);
  put<std::uint32_t>(block, 4, 4096);
  put<std::uint64_t>(block, 16, 8192);
  put<std::uint32_t>(block, 24, 80'516);
  put<std::uint32_t>(block, 28, 692'775'413);
  put<std::uint32_t>(block, 36, crc32c(bytes, 36));
  put<std::uint32_t>(block, 40, crc32c(bytes + 44, 4096 - 44));
  return block;
}

constexpr FioBlockDue k_due{.offset = 8192, .from_ns = k_time_ns - 10, .until_ns = k_time_ns + 10};

TEST(FioBlocks, HaveTheChecksumOfCastagnoli) {
  const std::string_view digits = "123456789";
  const auto* const bytes =
      static_cast<const std::uint8_t*>(static_cast<const void*>(digits.data()));
  EXPECT_EQ(~crc32c(bytes, digits.size()), 0xe3069283U) << "of RFC 3720's polynomial";
}

/// The header of a block that fio 3.33 wrote, as it stood on a disk.
TEST(FioBlocks, AreKnownByAHeaderOfTheRealFio) {
  constexpr std::array<std::uint8_t, 40> k_header{
      0xca, 0xac, 0x05, 0x00, 0x00, 0x10, 0x00, 0x00, 0x48, 0xad, 0xd9, 0x7b, 0x1c, 0x0c,
      0x4f, 0x08, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x84, 0x3a, 0x01, 0x00,
      0xf5, 0xe9, 0x4a, 0x29, 0x01, 0x00, 0x00, 0x00, 0x96, 0xbe, 0xb0, 0x58};
  std::uint32_t sum = 0;
  std::memcpy(&sum, k_header.data() + 36, sizeof sum);
  EXPECT_EQ(crc32c(k_header.data(), 36), sum);
  auto block = block_of_fio();
  std::memcpy(block.data(), k_header.data(), k_header.size());
  EXPECT_TRUE(is_fio_block(block.data()));
  EXPECT_EQ(fault_in_fio_block(k_due, block.data()), "");
}

TEST(FioBlocks, AreRightOnlyInTheirPlaceAndTime) {
  const auto block = block_of_fio();
  EXPECT_EQ(fault_in_fio_block(k_due, block.data()), "");
  FioBlockDue due = k_due;
  due.offset = 4096;
  EXPECT_EQ(fault_in_fio_block(due, block.data()), "what fio wrote for byte 8192");
  due = k_due;
  due.from_ns = k_time_ns + 5;
  EXPECT_EQ(fault_in_fio_block(due, block.data()), "what fio wrote 5 ns before that");
  due = k_due;
  due.until_ns = k_time_ns - 1;
  EXPECT_EQ(fault_in_fio_block(due, block.data()), "a block of a time to come");
}

/// A device that compresses would be measured at what it doesn't do.
TEST(FioBlocks, DoNotRepeat) {
  auto block = block_of_fio();
  block.at(400) = block.at(100);
  const auto* const bytes =
      static_cast<const std::uint8_t*>(static_cast<const void*>(block.data()));
  put<std::uint32_t>(block, 40, crc32c(bytes + 44, 4096 - 44));
  EXPECT_EQ(fault_in_fio_block(k_due, block.data()),
            "a block of fio's whose data repeats, so that a device could shorten it");
}

TEST(FioBlocks, ShowAnyOtherBit) {
  for (const std::size_t byte : {17U, 25U, 37U, 41U, 44U, 2000U, 4095U}) {
    auto block = block_of_fio();
    auto* const bytes = static_cast<std::uint8_t*>(static_cast<void*>(block.data()));
    bytes[byte] ^= 4U;
    EXPECT_EQ(
        fault_in_fio_block(k_due, block.data()),
        byte < 40 ? "no block of fio's" : "a block of fio's with another checksum than its data")
        << byte;
  }
  std::array<std::uint64_t, k_block_words> other{};
  EXPECT_EQ(fault_in_fio_block(k_due, other.data()), "a block of zeros");
  fill_blocks({.campaign = 1, .file = 2, .offset = 8192, .generation = 3}, 1, other.data());
  EXPECT_EQ(fault_in_fio_block(k_due, other.data()), "no block of fio's");
  EXPECT_FALSE(is_fio_block(other.data()));
}

}  // namespace
}  // namespace assay::storage
