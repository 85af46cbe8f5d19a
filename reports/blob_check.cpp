#include "reports/blob_check.h"

#include <array>
#include <limits>

#include "reports/blocks.h"
#include "reports/digest.h"
#include "reports/end_check.h"
#include "reports/files.h"
#include "reports/node_name.h"

namespace assay {
namespace {

constexpr std::size_t k_largest_blob = std::size_t{768} << 20;

Error bad(std::string sentence) {
  return {Error::Code::bad_input, std::move(sentence)};
}

/// One member of a line, as stated and as its blocks show it.
struct Pair {
  std::string_view member;
  Natural stated = 0;
  Natural recomputed = 0;
};

Natural natural(std::int64_t value) {
  return static_cast<Natural>(value);
}

std::string clock_text(const std::optional<std::int64_t>& khz) {
  return khz ? std::to_string(*khz) : "null";
}

Result<Done> compare_line(const EndLine& end, const Blocks& blocks, const WindowSums& sums) {
  if (end.work_per_step > std::numeric_limits<std::uint64_t>::max()) {
    return bad("work_per_step: must be below 2^64");
  }
  const bool is_time = end.dimension == Dimension::time;
  const Natural work = natural(sums.steps) * (is_time ? 1 : end.work_per_step);
  const std::array<Pair, 11> pairs = {
      {{"blocks.count", end.blocks->count, blocks.size()},
       {"blocks.gap_ns", natural(end.blocks->gap_ns), natural(sums.gap_ns)},
       {"blocks.shortest_ns", natural(end.blocks->shortest_ns), natural(sums.shortest_ns)},
       {"elapsed_ns", end.elapsed_ns, natural(sums.elapsed_ns)},
       {"timed_ns", end.timed_ns.value_or(0), natural(sums.timed_ns.value_or(0))},
       {"work", end.work, work},
       {"checked", end.checked, natural(sums.tiles)},
       {"wrong", end.wrong, natural(sums.wrong)},
       {"verification.tiles", end.tiles, natural(sums.tiles)},
       {"verification.full", end.full, natural(sums.full)},
       {"verification.share_ppm", end.share_ppm, natural(check_share_ppm(sums))}}};
  for (const Pair& pair : pairs) {
    if (pair.stated != pair.recomputed) {
      return bad(std::string(pair.member) + ": the line says " + to_decimal(pair.stated) +
                 ", but its blocks say " + to_decimal(pair.recomputed));
    }
  }
  if (end.ending == Ending::measured && sums.tiles != sums.steps) {
    return bad("checked: only " + std::to_string(sums.tiles) + " of " + std::to_string(sums.steps) +
               " slots have a drawn tile compared");
  }
  return Done{};
}

Result<Done> recompute(std::string_view bytes, const EndLine& end, const CampaignFrame& frame) {
  const Result<Blocks> blocks = decode_blocks(bytes);
  if (!blocks) {
    return bad(blob_name(end.blocks->sha256) + ": " + blocks.error().message);
  }
  const Result<WindowSums> sums = sums_of(*blocks);
  if (!sums) {
    return bad(blob_name(end.blocks->sha256) + ": " + sums.error().message);
  }
  if (Result<Done> compared = compare_line(end, *blocks, *sums); !compared) {
    return compared;
  }
  if (end.bound) {
    const auto clock = mean_clock_khz(*blocks);
    if (clock != end.bound->clock_khz) {
      return bad("bound.clock_khz: the line says " + clock_text(end.bound->clock_khz) +
                 ", but its blocks say " + clock_text(clock));
    }
  }
  const WindowLength window{.elapsed_ns = natural(sums->elapsed_ns),
                            .gap_ns = natural(sums->gap_ns)};
  const Clause& clause = frame.contract.clauses[frame.clause_of.find(end.key.clause)->second];
  return check_conditions(end, window, clause, frame.contract.conditions);
}

}  // namespace

Result<Done> check_blob(const std::string& path, const EndLine& end, const CampaignFrame& frame,
                        bool deep) {
  const std::string name = blob_name(end.blocks->sha256);
  const Result<std::string> bytes = read_file(path, k_largest_blob);
  if (!bytes) {
    return Error{bytes.error().code, "blocks: " + bytes.error().message};
  }
  if (bytes->size() != end.blocks->bytes) {
    return bad("blocks: " + name + " has " + std::to_string(bytes->size()) +
               " bytes, but the line says " + std::to_string(end.blocks->bytes));
  }
  if (hex(sha256(*bytes)) != end.blocks->sha256) {
    return bad("blocks: " + name + " has another digest than its name");
  }
  return deep ? recompute(*bytes, end, frame) : Result<Done>(Done{});
}

}  // namespace assay
