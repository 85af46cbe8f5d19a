#include "harness/model/power_limit.h"

namespace assay {
namespace {

constexpr Natural k_mw_per_w = 1000;

Ratio in_watts(std::int64_t milliwatts) {
  return {.numerator = static_cast<Natural>(milliwatts), .denominator = k_mw_per_w};
}

}  // namespace

bool is_stated(std::int64_t milliwatts, const Quantity& limit) {
  return milliwatts >= 0 && std::is_eq(compare(in_watts(milliwatts), limit.base));
}

std::string watts(std::int64_t milliwatts) {
  return for_people(in_watts(milliwatts), Dimension::power);
}

}  // namespace assay
