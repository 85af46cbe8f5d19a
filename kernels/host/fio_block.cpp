#include "kernels/host/fio_block.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/host/keyed_block.h"

namespace assay::storage {
namespace {

/// struct verify_header, as on a machine of little endian, and the checksum behind it.
struct Header {
  std::uint16_t magic, kind;
  std::uint32_t bytes;
  std::uint64_t seed, offset;
  std::uint32_t seconds, nanoseconds;
  std::uint16_t thread, number;
  std::uint32_t own_sum;
};
static_assert(sizeof(Header) == 40);

constexpr std::uint16_t k_magic = 0xacca, k_crc32c_kind = 5;
constexpr std::uint64_t k_own_summed = 36, k_data_sum = 40, k_data = 44;
constexpr std::size_t k_first_word = 6;  // That is of the data alone.
constexpr std::int64_t k_second_ns = 1'000'000'000;

using Table = std::array<std::uint32_t, 256>;

constexpr Table table() {
  constexpr std::uint32_t k_polynomial = 0x82f63b78;
  Table made{};
  for (std::uint32_t byte = 0; byte < made.size(); ++byte) {
    std::uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) {
      sum = (sum >> 1U) ^ ((sum & 1U) != 0 ? k_polynomial : 0U);
    }
    made.at(byte) = sum;
  }
  return made;
}

std::uint32_t by_table(const std::uint8_t* bytes, std::uint64_t count) {
  static constexpr Table k_table = table();
  std::uint32_t sum = ~0U;
  for (std::uint64_t i = 0; i < count; ++i) {
    sum = (sum >> 8U) ^ k_table[(sum ^ bytes[i]) & 0xffU];
  }
  return sum;
}

[[gnu::target("sse4.2")]] std::uint32_t by_instruction(const std::uint8_t* bytes,
                                                       std::uint64_t count) {
  std::uint64_t sum = ~0U;
  std::uint64_t at = 0;
  for (; at + 8 <= count; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + at, sizeof word);
    sum = __builtin_ia32_crc32di(sum, word);
  }
  for (; at < count; ++at) {
    sum = __builtin_ia32_crc32qi(static_cast<std::uint32_t>(sum), bytes[at]);
  }
  return static_cast<std::uint32_t>(sum);
}

std::uint32_t word_at(const std::uint8_t* bytes, std::uint64_t offset) {
  std::uint32_t word = 0;
  std::memcpy(&word, bytes + offset, sizeof word);
  return word;
}

/// Whether a word stands twice in the data. Of random ones two in 2^47 blocks would.
bool repeats(const std::uint64_t* words) {
  std::array<std::uint64_t, k_block_words - k_first_word> data{};
  std::copy(words + k_first_word, words + k_block_words, data.begin());
  std::sort(data.begin(), data.end());
  return std::adjacent_find(data.begin(), data.end()) != data.end();
}

}  // namespace

std::uint32_t crc32c(const std::uint8_t* bytes, std::uint64_t count) {
  static const bool k_has_instruction = __builtin_cpu_supports("sse4.2");
  return k_has_instruction ? by_instruction(bytes, count) : by_table(bytes, count);
}

bool is_fio_block(const std::uint64_t* words) {
  Header header{};
  std::memcpy(&header, words, sizeof header);
  return header.magic == k_magic && header.kind == k_crc32c_kind && header.bytes == k_block;
}

std::string fault_in_fio_block(const FioBlockDue& due, const std::uint64_t* words) {
  const auto* const bytes = static_cast<const std::uint8_t*>(static_cast<const void*>(words));
  if (std::all_of(words, words + k_block_words, [](std::uint64_t word) { return word == 0; })) {
    return "a block of zeros";
  }
  Header header{};
  std::memcpy(&header, words, sizeof header);
  if (!is_fio_block(words) || crc32c(bytes, k_own_summed) != header.own_sum) {
    return "no block of fio's";
  }
  if (header.offset != due.offset) {
    return "what fio wrote for byte " + std::to_string(header.offset);
  }
  if (crc32c(bytes + k_data, k_block - k_data) != word_at(bytes, k_data_sum)) {
    return "a block of fio's with another checksum than its data";
  }
  if (repeats(words)) {
    return "a block of fio's whose data repeats, so that a device could shorten it";
  }
  const std::int64_t made_ns = header.seconds * k_second_ns + header.nanoseconds;
  if (made_ns < due.from_ns) {
    return "what fio wrote " + std::to_string(due.from_ns - made_ns) + " ns before that";
  }
  return made_ns > due.until_ns ? "a block of a time to come" : "";
}

}  // namespace assay::storage
