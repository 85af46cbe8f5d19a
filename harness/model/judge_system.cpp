#include "harness/model/judge_system.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "harness/model/lower_median.h"

namespace assay {
namespace {

__extension__ typedef __int128 Instant;  // NOLINT(modernize-use-using): __extension__ needs it

struct Entry {
  std::uint32_t round = 0;
  const Attempt* attempt = nullptr;  ///< None: excused.
};

struct Window {
  Instant start = 0;
  Instant end = 0;
};

Window window_of(const Attempt& attempt) {
  // A year is below 2^55 ns: a longer window is cut, so that sums stay within 128 bits.
  constexpr Natural k_longest = Natural{1} << 62U;
  const auto start = Instant{attempt.start_ns};
  return {start, start + static_cast<Instant>(std::min(attempt.elapsed_ns, k_longest))};
}

/// The window that most parts of the round share. The intersection of all windows would let one
/// straggler shrink it until parts that hardly overlap appear to.
Window common_window(std::span<const Attempt* const> attempts) {
  std::vector<Instant> starts;
  std::vector<Instant> ends;
  for (const Attempt* attempt : attempts) {
    starts.push_back(window_of(*attempt).start);
    ends.push_back(window_of(*attempt).end);
  }
  return {lower_median(std::move(starts)), lower_median(std::move(ends))};
}

/// True where `window` and `common` overlap in at least 95 % of the longer of the two.
bool shares(const Window& window, const Window& common) {
  const Instant overlap = std::min(window.end, common.end) - std::max(window.start, common.start);
  const Instant longer = std::max(window.end - window.start, common.end - common.start);
  return overlap * 100 >= longer * 95;
}

/// The values of a round's parts; those that contribute nothing are left out.
std::vector<Value> values_of(const Setting& setting, std::span<const Entry> round) {
  std::vector<const Attempt*> measured;
  for (const Entry& entry : round) {
    const Attempt& attempt = *entry.attempt;
    if (attempt.ending == Ending::measured && setting.yardstick.fills_window(attempt) &&
        value_of(attempt)) {
      measured.push_back(&attempt);
    }
  }
  if (measured.empty()) {
    return {};
  }
  const bool together = setting.clause.concurrent != Concurrency::one_at_a_time;
  const Window common = common_window(measured);
  std::vector<Value> values;
  for (const Attempt* attempt : measured) {
    if (!together || shares(window_of(*attempt), common)) {
      values.push_back(*value_of(*attempt));
    }
  }
  return values;
}

std::optional<Value> sum_of(const Setting& setting, std::span<const Value> values,
                            std::size_t count) {
  if (values.size() < count && !setting.yardstick.larger_is_better()) {
    return std::nullopt;
  }
  constexpr Natural k_billion = 1'000'000'000;
  Natural sum = 0;
  for (const Value& value : values) {
    Natural part =
        quotient_floor(std::array{value.numerator, value.scale, k_billion}, value.denominator);
    if (!setting.yardstick.larger_is_better()) {
      ++part;
    }
    if (__builtin_add_overflow(sum, part, &sum)) {
      sum = ~Natural{0};
    }
  }
  return Value{sum, 1, k_billion};
}

/// The value at a rank from 1 among `count` parts, worst values first; where that part has no
/// value, zero if larger is better and none if not.
std::optional<Value> worst_ranked(const Setting& setting, std::vector<Value> values,
                                  std::size_t rank, std::size_t count) {
  const std::size_t without = count - values.size();
  if (rank <= without) {
    return setting.yardstick.larger_is_better() ? std::optional(Value{}) : std::nullopt;
  }
  const auto wanted = values.begin() + static_cast<std::ptrdiff_t>(rank - without - 1);
  std::nth_element(
      values.begin(), wanted, values.end(),
      [&setting](const Value& a, const Value& b) { return setting.yardstick.is_worse(a, b); });
  return *wanted;
}

/// The rank of the clause's quantile, worst first: floor(q n) of what should be large; of what
/// should be small the (1 - q) share that may lie above it, rounded down, plus one.
std::size_t rank_of(const Setting& setting, std::size_t count) {
  if (!setting.clause.quantile) {
    return 1;
  }
  const Ratio& share = setting.clause.quantile->base;
  const auto ranked = static_cast<std::size_t>(std::min<Natural>(
      quotient_floor(std::array{share.numerator, Natural{count}}, share.denominator), count));
  if (setting.yardstick.larger_is_better()) {
    return std::max<std::size_t>(ranked, 1);
  }
  const bool is_whole = std::is_eq(compare_products(
      std::array{share.numerator, Natural{count}}, std::array{Natural{ranked}, share.denominator}));
  const std::size_t from_below = std::max<std::size_t>(is_whole ? ranked : ranked + 1, 1);
  return count - std::min(from_below, count) + 1;
}

std::optional<Value> aggregate_values(const Setting& setting, std::vector<Value> values,
                                      std::size_t count) {
  switch (setting.clause.aggregate) {
    case Aggregate::sum: return sum_of(setting, values, count);
    case Aggregate::slowest_times_count: {
      auto slowest = worst_ranked(setting, std::move(values), 1, count);
      if (slowest) {
        slowest->scale *= count;
      }
      return slowest;
    }
    case Aggregate::none:
    case Aggregate::minimum: return worst_ranked(setting, std::move(values), 1, count);
    case Aggregate::quantile:
      return worst_ranked(setting, std::move(values), rank_of(setting, count), count);
  }
  return std::nullopt;
}

Run run_of_round(const Setting& setting, std::span<const Entry> round, std::size_t count) {
  Run run;
  run.round = round.front().round;
  run.day = round.front().attempt->day;
  for (const Entry& entry : round) {
    run.day = std::min(run.day, entry.attempt->day);
  }
  run.part_missing = round.size() < count;
  auto values = values_of(setting, round);
  const bool complete = values.size() == count;
  run.value = aggregate_values(setting, std::move(values), count);
  if (run.value && !run.part_missing) {
    run.below = setting.yardstick.misses_limit(*run.value);
    // A part that crashed or came late costs the run, but breaks no floor.
    run.breaks_floor = complete && setting.yardstick.breaks_floor(*run.value);
  }
  return run;
}

std::vector<Entry> entries_of(std::span<const Screened> parts) {
  std::vector<Entry> entries;
  for (const Screened& part : parts) {
    for (const Attempt* attempt : part.counted) {
      entries.push_back({attempt->round, attempt});
    }
    for (const std::uint32_t round : part.excused_rounds) {
      entries.push_back({round, nullptr});
    }
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.round < b.round; });
  return entries;
}

std::optional<Finding> meaningless(const Setting& setting) {
  const bool adds = setting.clause.aggregate == Aggregate::sum ||
                    setting.clause.aggregate == Aggregate::slowest_times_count;
  if (adds && setting.clause.limit && setting.clause.limit->dimension == Dimension::time) {
    return Finding{
        Outcome::invalid, Reason::other_unit,
        "Times of parts have no " + std::string(name_of(setting.clause.aggregate)) + "."};
  }
  return std::nullopt;
}

Finding beyond_plausible(const Setting& setting, const Run& run) {
  return {Outcome::invalid, Reason::implausible,
          "The value of round " + std::to_string(run.round) + ", " +
              for_people(ratio_of(*run.value), setting.clause.plausible->dimension) +
              ", lies beyond " + setting.clause.plausible->text + ", which is held possible."};
}

}  // namespace

SystemRuns aggregate(const Setting& setting, std::span<const Screened> parts) {
  SystemRuns system;
  system.finding = meaningless(setting);
  if (system.finding) {
    return system;
  }
  const std::vector<Entry> entries = entries_of(parts);
  for (std::size_t begin = 0, end = 0; begin < entries.size(); begin = end) {
    end = begin;
    bool excused = false;
    while (end < entries.size() && entries[end].round == entries[begin].round) {
      excused = excused || entries[end].attempt == nullptr;
      ++end;
    }
    if (excused) {
      system.excused_rounds.push_back(entries[begin].round);
      continue;
    }
    const Run run =
        run_of_round(setting, std::span(entries).subspan(begin, end - begin), parts.size());
    if (run.value && setting.yardstick.implausible(*run.value)) {
      system.finding = beyond_plausible(setting, run);
      return system;
    }
    system.runs.push_back(run);
  }
  return system;
}

}  // namespace assay
