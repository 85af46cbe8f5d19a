#include "reports/blocks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <span>

#include "harness/model/natural.h"

namespace assay {
namespace {

constexpr std::string_view k_magic = "assay.blocks/1\n";
constexpr std::string_view k_timed_magic = "assay.blocks/2\n";  // of equal length
constexpr std::size_t k_most_blocks = 10'000'000;

using Column = std::vector<std::int64_t>;

/// The columns in the order of the file.
constexpr std::array<Column Blocks::*, 10> k_columns = {
    &Blocks::start_ns, &Blocks::end_ns,   &Blocks::steps,     &Blocks::tiles,    &Blocks::full,
    &Blocks::wrong,    &Blocks::check_ns, &Blocks::clock_khz, &Blocks::power_mw, &Blocks::timed_ns};

/// The last column is there only where steps are timed.
std::span<Column Blocks::*const> columns(bool timed) {
  return std::span(k_columns).first(k_columns.size() - (timed ? 0 : 1));
}

Error bad(std::string sentence) {
  return {Error::Code::bad_input, std::move(sentence)};
}

Error bad_block(std::size_t index, std::string_view what) {
  return bad("block " + std::to_string(index) + " " + std::string(what));
}

void append_value(std::string& bytes, std::int64_t value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (unsigned shift = 0; shift < 64; shift += 8) {
    bytes.push_back(static_cast<char>(static_cast<unsigned char>(bits >> shift)));
  }
}

std::int64_t value_at(std::string_view bytes, std::size_t offset) {
  std::uint64_t bits = 0;
  for (unsigned i = 0; i < 8; ++i) {
    bits |= std::uint64_t{static_cast<unsigned char>(bytes[offset + i])} << (8 * i);
  }
  return std::bit_cast<std::int64_t>(bits);
}

/// The count in the header line, and where the columns begin.
struct Head {
  bool timed = false;
  std::size_t count = 0;
  std::size_t offset = 0;
};

Result<Head> read_head(std::string_view bytes) {
  const bool timed = bytes.starts_with(k_timed_magic);
  if (!timed && !bytes.starts_with(k_magic)) {
    return bad("these are no blocks: they don't begin with 'assay.blocks/1' or 'assay.blocks/2'");
  }
  const std::size_t end = bytes.find('\n', k_magic.size());
  if (end == std::string_view::npos || end - k_magic.size() > 8) {
    return bad("the number of blocks is missing or too large");
  }
  const std::string_view digits = bytes.substr(k_magic.size(), end - k_magic.size());
  Head head{.timed = timed, .count = 0, .offset = end + 1};
  const auto [rest, problem] =
      std::from_chars(digits.data(), digits.data() + digits.size(), head.count);
  if (problem != std::errc{} || std::to_string(head.count) != digits ||
      rest != digits.data() + digits.size()) {
    return bad("the number of blocks is no plain number");
  }
  if (head.count > k_most_blocks) {
    return bad("more than 10000000 blocks");
  }
  if (head.timed && head.count == 0) {
    return bad("no blocks, and yet with timed steps");  // none have one form
  }
  return head;
}

/// What is wrong with one block on its own, or "".
std::string_view problem_of(const Blocks& blocks, std::size_t i) {
  if (blocks.start_ns[i] < 0) {
    return "starts before the window";
  }
  if (blocks.end_ns[i] <= blocks.start_ns[i]) {
    return "ends before it starts";
  }
  if (blocks.steps[i] < 1) {
    return "has no steps";
  }
  for (const std::int64_t slots : {blocks.tiles[i], blocks.full[i], blocks.wrong[i]}) {
    if (slots < 0 || slots > blocks.steps[i]) {
      return "has checked more slots than it has steps, or a negative number of them";
    }
  }
  if (blocks.wrong[i] > blocks.tiles[i]) {
    return "has more wrong slots than checked ones";
  }
  if (blocks.check_ns[i] < 0 || blocks.check_ns[i] > blocks.end_ns[i] - blocks.start_ns[i]) {
    return "has spent more time on checks than it lasted, or a negative time";
  }
  if (!blocks.timed_ns.empty() &&
      (blocks.timed_ns[i] < 1 ||
       blocks.timed_ns[i] > blocks.end_ns[i] - blocks.start_ns[i] - blocks.check_ns[i])) {
    return "has steps that took no time, or more than its checks leave";
  }
  return "";
}

bool add_to(std::int64_t& sum, std::int64_t value) {
  return !__builtin_add_overflow(sum, value, &sum);
}

}  // namespace

std::string encode(const Blocks& blocks) {
  const bool timed = !blocks.timed_ns.empty();
  const auto written = columns(timed);
  std::string bytes{timed ? k_timed_magic : k_magic};
  bytes += std::to_string(blocks.size()) + "\n";
  bytes.reserve(bytes.size() + written.size() * 8 * blocks.size());
  for (const auto column : written) {
    for (const std::int64_t value : blocks.*column) {
      append_value(bytes, value);
    }
  }
  return bytes;
}

Result<Blocks> decode_blocks(std::string_view bytes) {
  const Result<Head> head = read_head(bytes);
  if (!head) {
    return head.error();
  }
  const auto stated = columns(head->timed);
  const std::size_t expected = head->offset + stated.size() * 8 * head->count;
  if (bytes.size() != expected) {
    return bad("the blocks have " + std::to_string(bytes.size()) + " bytes instead of " +
               std::to_string(expected));
  }
  Blocks blocks;
  std::size_t offset = head->offset;
  for (const auto column : stated) {
    Column& values = blocks.*column;
    values.reserve(head->count);
    for (std::size_t i = 0; i < head->count; ++i, offset += 8) {
      values.push_back(value_at(bytes, offset));
    }
  }
  return blocks;
}

std::int64_t check_share_ppm(const WindowSums& sums) {
  constexpr Natural k_million = 1'000'000;  // times 2^63 ns, so 64 bits would not do
  return static_cast<std::int64_t>(static_cast<Natural>(sums.check_ns) * k_million /
                                   static_cast<Natural>(sums.elapsed_ns));
}

std::optional<std::int64_t> mean_clock_khz(const Blocks& blocks) {
  Natural cycles = 0;  // below 2^63 ns x 1e8 kHz
  Natural length = 0;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const std::int64_t clock = blocks.clock_khz[i];
    const std::int64_t time = blocks.end_ns[i] - blocks.start_ns[i];
    if (clock < 1 || clock > k_most_clock_khz || time < 1) {
      return std::nullopt;
    }
    cycles += static_cast<Natural>(clock) * static_cast<Natural>(time);
    length += static_cast<Natural>(time);
  }
  return length == 0 ? std::nullopt : std::optional(static_cast<std::int64_t>(cycles / length));
}

Result<WindowSums> sums_of(const Blocks& blocks) {
  if (blocks.size() == 0) {
    return bad("there are no blocks");
  }
  if (blocks.start_ns[0] != 0) {
    return bad_block(0, "doesn't start at 0");
  }
  WindowSums sums;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (const std::string_view problem = problem_of(blocks, i); !problem.empty()) {
      return bad_block(i, problem);
    }
    if (i > 0 && blocks.start_ns[i] < blocks.end_ns[i - 1]) {
      return bad_block(i, "overlaps the one before");
    }
    sums.gap_ns += i > 0 ? blocks.start_ns[i] - blocks.end_ns[i - 1] : 0;
    // Slots are at most steps, so steps alone can overflow.
    if (!add_to(sums.steps, blocks.steps[i])) {
      return bad_block(i, "has too many steps to count");
    }
    sums.tiles += blocks.tiles[i];
    sums.full += blocks.full[i];
    sums.wrong += blocks.wrong[i];
    sums.check_ns += blocks.check_ns[i];
    if (!blocks.timed_ns.empty()) {
      sums.timed_ns = sums.timed_ns.value_or(0) + blocks.timed_ns[i];  // less than the window
    }
    const std::int64_t length = blocks.end_ns[i] - blocks.start_ns[i];
    if (i == 0 || i + 1 < blocks.size()) {
      sums.shortest_ns = i == 0 ? length : std::min(sums.shortest_ns, length);
    }
  }
  sums.elapsed_ns = blocks.end_ns.back();
  return sums;
}

}  // namespace assay
