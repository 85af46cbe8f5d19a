// What the arithmetic units of a GPU can do in a clock, and so the most that a clock allows: a
// value beyond it was not computed, or not in the type that it is a value of.
//
// The table belongs to schema run/1: no figure in it may change. One may be added; journals of
// before say null there, which stays readable and bounds nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/model/exact.h"

namespace assay {

/// Operations of one multiprocessor in one clock for dense products of `input` (a NumberType's
/// name), two for a multiply-add, by its fastest unit that keeps the type's sums; or what it can't
/// exceed. None where no figure of the maker is known.
[[nodiscard]] std::optional<std::uint32_t> ops_per_clock(std::string_view architecture,
                                                         std::string_view input);

/// A device at the mean clock of a window.
struct MachineRate {
  std::uint32_t multiprocessors = 0;
  std::uint32_t ops_per_clock = 0;
  std::int64_t clock_khz = 0;

  /// False where the machine hides one of the three: then nothing is bounded.
  [[nodiscard]] bool is_known() const {
    return multiprocessors > 0 && ops_per_clock > 0 && clock_khz > 0;
  }
};

/// The most operations per second: multiprocessors x operations x clock, and what a clock's reading
/// may be short of the clock. Precondition: is_known().
[[nodiscard]] Ratio bound_of(const MachineRate& rate);

/// "148 multiprocessors x 8192 operations a clock x 1965000 kHz, 16 MHz added for the clock's
/// reading".
[[nodiscard]] std::string formula_of(const MachineRate& rate);

}  // namespace assay
