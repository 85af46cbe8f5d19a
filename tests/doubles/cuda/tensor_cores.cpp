#include "tests/doubles/cuda/tensor_cores.h"

#include <algorithm>
#include <cmath>

namespace assay::emulated {
namespace {

/// Cut towards zero to a multiple of `unit`, a power of two.
double cut(double value, double unit) {
  return std::trunc(value / unit) * unit;
}

double unit_of(double magnitude, int fraction) {
  return magnitude == 0 ? 1.0 : std::ldexp(1.0, std::ilogb(magnitude) - fraction);
}

/// One step as the model has it.
double slow_step(const TensorCores& cores, double sum, const double* a, const double* b,
                 std::uint64_t count) {
  double largest = std::abs(sum);
  for (std::uint64_t i = 0; i < count; ++i) {
    largest = std::max(largest, std::abs(a[i] * b[i]));
  }
  const double unit = unit_of(largest, cores.fraction);
  double total = cut(sum, unit);
  for (std::uint64_t i = 0; i < count; ++i) {
    total += cut(a[i] * b[i], unit);
  }
  return cut(total, unit_of(total, cores.kept - 1));
}

}  // namespace

double tensor_dot(const TensorCores& cores, const double* a, const double* b, std::uint64_t k,
                  std::uint64_t step) {
  // Where all addends are whole and below 2^exact, nothing is cut: plain sums are the same bits.
  const double exact = std::ldexp(1.0, std::min(cores.fraction + 1, cores.kept));
  double sum = 0;
  for (std::uint64_t begin = 0; begin < k; begin += step) {
    const std::uint64_t count = std::min(step, k - begin);
    double total = sum;
    double magnitudes = std::abs(sum);
    double rests = std::abs(sum - std::trunc(sum));
    for (std::uint64_t i = begin; i < begin + count; ++i) {
      const double product = a[i] * b[i];
      total += product;
      magnitudes += std::abs(product);
      rests += std::abs(product - std::trunc(product));
    }
    sum = magnitudes < exact && rests == 0 ? total
                                           : slow_step(cores, sum, a + begin, b + begin, count);
  }
  return sum;
}

}  // namespace assay::emulated
