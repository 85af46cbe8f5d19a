#include "harness/model/units.h"

#include <array>

namespace assay {
namespace {

constexpr Natural k_kilo = 1000;
constexpr Natural k_mega = k_kilo * 1000;
constexpr Natural k_giga = k_mega * 1000;
constexpr Natural k_tera = k_giga * 1000;
constexpr Natural k_peta = k_tera * 1000;
constexpr Natural k_exa = k_peta * 1000;

constexpr Natural k_kibi = 1024;
constexpr Natural k_mebi = k_kibi * 1024;
constexpr Natural k_gibi = k_mebi * 1024;
constexpr Natural k_tebi = k_gibi * 1024;

constexpr std::array<Unit, 44> k_units{{
    {"FLOP/s", Dimension::flop_rate, {1, 1}},
    {"kFLOP/s", Dimension::flop_rate, {k_kilo, 1}},
    {"MFLOP/s", Dimension::flop_rate, {k_mega, 1}},
    {"GFLOP/s", Dimension::flop_rate, {k_giga, 1}},
    {"TFLOP/s", Dimension::flop_rate, {k_tera, 1}},
    {"PFLOP/s", Dimension::flop_rate, {k_peta, 1}},
    {"EFLOP/s", Dimension::flop_rate, {k_exa, 1}},
    {"OP/s", Dimension::op_rate, {1, 1}},
    {"kOP/s", Dimension::op_rate, {k_kilo, 1}},
    {"MOP/s", Dimension::op_rate, {k_mega, 1}},
    {"GOP/s", Dimension::op_rate, {k_giga, 1}},
    {"TOP/s", Dimension::op_rate, {k_tera, 1}},
    {"POP/s", Dimension::op_rate, {k_peta, 1}},
    {"EOP/s", Dimension::op_rate, {k_exa, 1}},
    {"B/s", Dimension::byte_rate, {1, 1}},
    {"kB/s", Dimension::byte_rate, {k_kilo, 1}},
    {"MB/s", Dimension::byte_rate, {k_mega, 1}},
    {"GB/s", Dimension::byte_rate, {k_giga, 1}},
    {"TB/s", Dimension::byte_rate, {k_tera, 1}},
    {"PB/s", Dimension::byte_rate, {k_peta, 1}},
    {"KiB/s", Dimension::byte_rate, {k_kibi, 1}},
    {"MiB/s", Dimension::byte_rate, {k_mebi, 1}},
    {"GiB/s", Dimension::byte_rate, {k_gibi, 1}},
    {"TiB/s", Dimension::byte_rate, {k_tebi, 1}},
    {"ns", Dimension::time, {1, k_giga}},
    {"us", Dimension::time, {1, k_mega}},
    {"ms", Dimension::time, {1, k_kilo}},
    {"s", Dimension::time, {1, 1}},
    {"min", Dimension::time, {60, 1}},
    {"h", Dimension::time, {3600, 1}},
    {"B", Dimension::bytes, {1, 1}},
    {"kB", Dimension::bytes, {k_kilo, 1}},
    {"MB", Dimension::bytes, {k_mega, 1}},
    {"GB", Dimension::bytes, {k_giga, 1}},
    {"TB", Dimension::bytes, {k_tera, 1}},
    {"PB", Dimension::bytes, {k_peta, 1}},
    {"KiB", Dimension::bytes, {k_kibi, 1}},
    {"MiB", Dimension::bytes, {k_mebi, 1}},
    {"GiB", Dimension::bytes, {k_gibi, 1}},
    {"TiB", Dimension::bytes, {k_tebi, 1}},
    {"W", Dimension::power, {1, 1}},
    {"kW", Dimension::power, {k_kilo, 1}},
    {"MW", Dimension::power, {k_mega, 1}},
    {"%", Dimension::percent, {1, 100}},
}};

}  // namespace

std::span<const Unit> all_units() {
  return k_units;
}

std::string_view base_unit(Dimension dimension) {
  std::string_view first;
  for (const Unit& unit : k_units) {
    if (unit.dimension != dimension) {
      continue;
    }
    if (unit.scale.numerator == unit.scale.denominator) {
      return unit.name;
    }
    first = first.empty() ? unit.name : first;
  }
  return first;
}

}  // namespace assay
