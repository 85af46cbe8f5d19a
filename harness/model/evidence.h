// What was seen: one Attempt per journal record pair, as integers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/natural.h"
#include "harness/model/quantity.h"
#include "harness/model/roster.h"
#include "harness/model/unit_rates.h"

namespace assay {

/// How an attempt ended. What each counts as is decided by judge() alone.
enum class Ending {
  measured,             ///< A value with verified outputs.
  wrong_result,         ///< At least one verified output differs.
  device_lost,          ///< Fell off the bus, or a fatal Xid.
  crashed,              ///< The worker ended without a result.
  hung,                 ///< Killed at its deadline.
  late,                 ///< Began after the common start, or never reached its window.
  gap,                  ///< Blocks not contiguous within the contract's condition.
  clock,                ///< Clocks disagree beyond the contract's condition.
  no_telemetry,         ///< Telemetry that the case requires is missing.
  power_limit,          ///< Enforced power limit differs from the contract's.
  gpu_state,            ///< ECC or MIG mode of the GPU is not the ordered one.
  unwitnessed,          ///< Not shown to be the device's work: a cache may have done it.
  foreign_environment,  ///< A variable or object that was not there before, or is not allowed.
  unsupported,          ///< This backend or machine can't do it; named in `note`.
  no_end                ///< Begun and never ended: killed, lost or interrupted.
};
[[nodiscard]] std::string_view name_of(Ending ending);
[[nodiscard]] Result<Ending> ending_from(std::string_view name);

/// SHA-256 of what a window's first step put out.
using OutputDigest = std::array<std::uint8_t, 32>;
inline constexpr OutputDigest k_no_outputs{};

/// The first wrong step of an attempt, done again.
struct Repetition {
  std::optional<ItemIndex> item;       ///< Where; none: there was no other item to try.
  std::uint32_t times = 0, wrong = 0;  ///< How often, and how often it was wrong.
};

/// One run of one clause on one item. Times are nanoseconds.
struct Attempt {
  std::uint64_t number = 0;  ///< Its serial number in its node's journal, from 1, without gaps.
  std::string clause;
  ItemIndex item = 0;
  std::uint32_t round = 0;  ///< From 1: the nonce link it used. Equal rounds share a window.
  std::int64_t day = 0;     ///< UTC days since 1970-01-01 of its start.
  Ending ending = Ending::no_end;
  Dimension dimension = Dimension::count;
  Natural work = 0;            ///< FLOPs, operations or bytes; events for poisson; steps for times.
  Natural work_per_step = 0;   ///< Of the problem; what its operands and outputs hang on.
  OutputDigest outputs{};      ///< k_no_outputs where none were seen.
  Natural elapsed_ns = 0;      ///< Length of the window.
  Natural timed_ns = 0;        ///< Of the steps alone, where the case times each; else 0.
  std::int64_t start_ns = 0;   ///< UTC, of the window.
  std::uint64_t checked = 0;   ///< Outputs verified (tiles, slots, full compares).
  std::uint64_t wrong = 0;     ///< Of these, how many differed.
  std::uint64_t matching = 0;  ///< For `once`: 1 if what was found is what was ordered.
  MachineRate rate;            ///< What bounds the value; not known where nothing does.
  std::string serial;          ///< Serial number of the device, "" where it has none.
  std::string note;            ///< One sentence for people; decides nothing.
  bool excused = false;        ///< The buyer signed this attempt's cause as his own.
  std::vector<Repetition> repetitions;  ///< On its own item, then on another; decide nothing.
};

/// A repaired or exchanged item. Attempts of `item` up to number `after` belong to the old one.
struct Replacement {
  ItemIndex item = 0;
  std::uint64_t after = 0;
  std::string old_serial;
  std::string new_serial;
};

/// The devices that a look at a node showed in it, all of them.
struct SeenDevices {
  ItemIndex node = 0;                ///< Its item.
  std::uint64_t attempt = 0;         ///< The look, in the node's journal.
  std::vector<std::string> serials;  ///< As attempts on single devices state them.
  std::string boot_id;               ///< Drawn by its kernel at its start; "" if not shown.
};

/// First looks at one item that do not show one machine.
struct Contradiction {
  ItemIndex item = 0;
  std::uint64_t attempt = 0;  ///< The later look, in the node's journal.
  std::string sentence;
};

struct Evidence {
  std::vector<Attempt> attempts;  ///< In the order of their journals and numbers.
  std::vector<Replacement> replacements;
  std::vector<SeenDevices> seen;
  std::vector<Contradiction> contradictions;
  bool selftest_passed = false;    ///< On every node that has attempts.
  bool chain_whole = false;        ///< Every journal's chain, numbering and signature verified.
  std::vector<std::string> marks;  ///< "emulated", "simulated", "replayed", "reduced".
};

}  // namespace assay
