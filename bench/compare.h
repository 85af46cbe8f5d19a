// Two rates measured by turns, and their ratio: what the benchmarks of kernels and files have in
// common.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/model/result.h"

namespace assay::bench {

using Clock = std::chrono::steady_clock;

struct Options {
  double seconds = 10;
  int rounds = 5;
  std::string_view only;  ///< Part of a section's name; empty: all.
};

inline double seconds_of(const std::function<void()>& work) {
  const auto start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

[[noreturn]] inline void give_up(const Error& error) {
  std::fprintf(stderr, "bench: %s\n", error.message.c_str());
  std::_Exit(1);
}

template <class T>
T need(Result<T> result) {
  if (!result) {
    give_up(result.error());
  }
  return std::move(*result);
}

/// Work and time of one side of a comparison.
struct Tally {
  double work = 0, seconds = 0;
  [[nodiscard]] double rate() const { return work / seconds; }
};

struct Row {
  std::string what, unit;
  double scale = 1;
  std::vector<double> ratios, ours, theirs;
};

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

inline void print(const Row& row) {
  const auto [low, high] = std::minmax_element(row.ratios.begin(), row.ratios.end());
  std::printf("| %s | %.4g %s | %.4g %s | %.3f | %.3f to %.3f |\n", row.what.c_str(),
              median(row.ours) * row.scale, row.unit.c_str(), median(row.theirs) * row.scale,
              row.unit.c_str(), median(row.ratios), *low, *high);
  std::fflush(stdout);
}

/// Runs both for `seconds` each in every round, whichever has had less time so far: their calls may
/// take very different times. Each call returns the work it did.
inline void compare(Row& row, const Options& options, const std::function<double()>& ours,
                    const std::function<double()>& theirs) {
  ours();
  theirs();
  for (int round = 0; round < options.rounds; ++round) {
    Tally first;
    Tally second;
    while (std::min(first.seconds, second.seconds) < options.seconds) {
      if (first.seconds <= second.seconds) {
        first.seconds += seconds_of([&] { first.work += ours(); });
      } else {
        second.seconds += seconds_of([&] { second.work += theirs(); });
      }
    }
    row.ratios.push_back(first.rate() / second.rate());
    row.ours.push_back(first.rate());
    row.theirs.push_back(second.rate());
  }
  print(row);
}

}  // namespace assay::bench
