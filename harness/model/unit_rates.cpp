#include "harness/model/unit_rates.h"

#include <array>

namespace assay {
namespace {

/// A column of the table; what shares the units of another type shares its column.
enum class Units { f64, f32, tf32, half, fp8, nvfp4, s8, none };

Units units_of(std::string_view input) {
  struct Named {
    std::string_view input;
    Units units;
  };
  constexpr std::array<Named, 11> k_inputs{{{"f64", Units::f64},
                                            {"f32", Units::f32},
                                            {"tf32", Units::tf32},
                                            {"bf16", Units::half},
                                            {"f16", Units::half},
                                            {"fp8_e4m3", Units::fp8},
                                            {"fp8_e5m2", Units::fp8},
                                            {"fp8_e5m2_e4m3", Units::fp8},
                                            {"mxfp8_e4m3", Units::fp8},
                                            {"nvfp4", Units::nvfp4},
                                            {"s8", Units::s8}}};
  for (const Named& known : k_inputs) {
    if (known.input == input) {
      return known.units;
    }
  }
  return Units::none;
}

struct Architecture {
  std::string_view name;
  std::array<std::uint32_t, 7> ops;  ///< In the order of Units; 0: no figure is known.
};

// Each is the maker's dense figure by multiprocessors and the clock that it states it at:
//   sm_90   H100 SXM, 132: bf16 989.4 TFLOP/s at 1.830 GHz, fp8 twice, tf32 half; f64 (tensor) and
//           f32 67 TFLOP/s at 1.980 GHz
//   sm_100  B200, 148: bf16 2250 TFLOP/s at 1.856 GHz, fp8 twice, nvfp4 four times, tf32 half; f32
//           75 and f64 37 TFLOP/s at 1.965 GHz
//   sm_103  B300, 148: as B200, but nvfp4 13500 TFLOP/s at 1.856 GHz; f64 and s8 were cut (ptxas
//           knows no tcgen05 .kind::i8 for sm_103a), to 1.25 to 1.3 TFLOP/s and 0.15 POP/s as
//           others quote the maker: 4.3 to 4.5 and 516 operations at 1.965 GHz. Only others do, so
//           it is twice the nearest power of two: what exceeds that was not computed in the type
//   sm_120  RTX PRO 6000, 188: bf16 466.5 TFLOP/s at 2.423 GHz, fp8 twice, nvfp4 four times, tf32
//           half; f32 125 TFLOP/s at 2.617 GHz, f64 a 64th of it
// and s8 as fp8, where it was not cut.
// Sources: NVIDIA/dgxc-benchmarking README (peaks for MFU), NVIDIA/cudnn-frontend
// sdpa_benchmark_training results (peak_mma_tflops), the datasheets of H100, B200 and B300; for the
// f64 and s8 of B300 verda.com and datacrunch.io, of the Blackwell technical brief, and
// glennklockwood.com.
constexpr std::array<Architecture, 4> k_architectures{
    {{"sm_90", {256, 256, 2048, 4096, 8192, 0, 8192}},
     {"sm_100", {128, 256, 4096, 8192, 16'384, 32'768, 16'384}},
     {"sm_103", {8, 256, 4096, 8192, 16'384, 49'152, 1024}},
     {"sm_120", {4, 256, 512, 1024, 2048, 4096, 2048}}}};

// NVML gives whole MHz, and these GPUs set their clocks in steps of 15 MHz: a reading is less than
// 16 MHz short of the clock.
constexpr Natural k_khz_for_reading = 16'000;
constexpr Natural k_hz_per_khz = 1000;
constexpr Natural k_khz_per_mhz = 1000;

}  // namespace

std::optional<std::uint32_t> ops_per_clock(std::string_view architecture, std::string_view input) {
  const Units units = units_of(input);
  for (const Architecture& known : k_architectures) {
    if (known.name == architecture && units != Units::none) {
      const std::uint32_t ops = known.ops.at(static_cast<std::size_t>(units));
      return ops > 0 ? std::optional(ops) : std::nullopt;
    }
  }
  return std::nullopt;
}

Ratio bound_of(const MachineRate& rate) {
  const Natural per_clock = Natural{rate.multiprocessors} * rate.ops_per_clock;
  const Natural khz = static_cast<Natural>(rate.clock_khz) + k_khz_for_reading;
  return {.numerator = per_clock * khz * k_hz_per_khz, .denominator = 1};
}

std::string formula_of(const MachineRate& rate) {
  return std::to_string(rate.multiprocessors) + " multiprocessors x " +
         std::to_string(rate.ops_per_clock) + " operations a clock x " +
         std::to_string(rate.clock_khz) + " kHz, " + to_decimal(k_khz_for_reading / k_khz_per_mhz) +
         " MHz added for the clock's reading";
}

}  // namespace assay
