#include "harness/run/ranks_seen.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "reports/path_witness.h"

namespace assay {
namespace {

std::int64_t largest_offset_ns(const std::vector<ClockOffset>& clocks) {
  std::int64_t largest = 0;
  for (const ClockOffset& clock : clocks) {
    largest = std::max(largest, std::abs(clock.offset_ns));
  }
  return largest;
}

std::int64_t longest_trip_ns(const std::vector<ClockOffset>& clocks) {
  std::int64_t longest = 0;
  for (const ClockOffset& clock : clocks) {
    longest = std::max(longest, clock.round_trip_ns);
  }
  return longest;
}

/// The largest change of an offset.
std::int64_t drift_ns(const RanksSeen& before, const RanksSeen& after) {
  std::int64_t largest = 0;
  for (std::size_t rank = 0; rank < before.clocks.size(); ++rank) {
    largest =
        std::max(largest, std::abs(after.clocks[rank].offset_ns - before.clocks[rank].offset_ns));
  }
  return largest;
}

std::vector<Noted> clocks_between(const RanksSeen& before, const RanksSeen& after) {
  if (before.clocks.empty() || before.clocks.size() != after.clocks.size()) {
    const std::string why = "the ranks are processes of one worker, and read its clock";
    return {{"clock_offset_before_ns", std::nullopt, why},
            {"clock_offset_after_ns", std::nullopt, why},
            {"clock_drift_ns", std::nullopt, why}};
  }
  return {{"clock_offset_before_ns", largest_offset_ns(before.clocks), ""},
          {"clock_offset_after_ns", largest_offset_ns(after.clocks), ""},
          {"clock_round_trip_ns",
           std::max(longest_trip_ns(before.clocks), longest_trip_ns(after.clocks)), ""},
          {"clock_drift_ns", drift_ns(before, after), ""},
          {"clock_drift_over_ns", after.at_ns - before.at_ns, ""}};
}

Noted verbs_between(const TransportCounters& before, const TransportCounters& after) {
  constexpr const char* k_name = "transport_verbs_bytes";
  for (const TransportCounters* const side : {&before, &after}) {
    if (!side->verbs_fault.empty()) {
      return {k_name, std::nullopt, side->verbs_fault};
    }
  }
  if (before.verbs_bytes && after.verbs_bytes) {
    return {k_name, std::max<std::int64_t>(*after.verbs_bytes - *before.verbs_bytes, 0), ""};
  }
  return {k_name, std::nullopt,
          before.verbs_bytes || after.verbs_bytes ? "verbs devices came or went in the window"
                                                  : std::string(k_no_verbs_device)};
}

/// Nothing where no rank has a GPU.
std::vector<Noted> nvlink_between(const TransportCounters& before, const TransportCounters& after) {
  constexpr const char* k_name = "transport_nvlink_bytes";
  for (const TransportCounters* const side : {&before, &after}) {
    if (!side->nvlink_fault.empty()) {
      return {{k_name, std::nullopt, side->nvlink_fault}};
    }
  }
  if (!before.nvlink_bytes || !after.nvlink_bytes) {
    return {};
  }
  return {{k_name, std::max<std::int64_t>(*after.nvlink_bytes - *before.nvlink_bytes, 0), ""}};
}

}  // namespace

RanksSeen RanksSeen::of(const std::vector<RankRecord>& records, std::int64_t at_ns) {
  RanksSeen seen{.at_ns = at_ns};
  for (const RankRecord& record : records) {
    if (record.clock) {
      seen.clocks.push_back(*record.clock);
    }
    seen.transport.tcp_bytes += record.transport.tcp_bytes;
    if (seen.transport.verbs_fault.empty()) {
      seen.transport.verbs_fault = record.transport.verbs_fault;
    }
    if (seen.transport.nvlink_fault.empty()) {
      seen.transport.nvlink_fault = record.transport.nvlink_fault;
    }
    if (const auto nvlink = record.transport.nvlink_bytes) {
      seen.transport.nvlink_bytes = seen.transport.nvlink_bytes.value_or(0) + *nvlink;
    }
    if (const auto verbs = record.transport.verbs_bytes) {
      seen.transport.verbs_bytes = std::max(seen.transport.verbs_bytes.value_or(0), *verbs);
    }
  }
  return seen;
}

std::vector<Noted> seen_between(const RanksSeen& before, const RanksSeen& after) {
  std::vector<Noted> notes = clocks_between(before, after);
  notes.push_back(
      {"transport_tcp_bytes",
       std::max<std::int64_t>(after.transport.tcp_bytes - before.transport.tcp_bytes, 0), ""});
  notes.push_back(verbs_between(before.transport, after.transport));
  for (Noted& note : nvlink_between(before.transport, after.transport)) {
    notes.push_back(std::move(note));
  }
  return notes;
}

}  // namespace assay
