#include "tests/doubles/cuda/tensor_cores.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>

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

struct Addends {
  double sum = 0, magnitudes = 0;
  bool whole = false;
};

/// In lanes, since the order does not matter where the result is used: where nothing is cut.
[[gnu::target_clones("avx512f", "avx2", "default")]] Addends add_all(const double* a,
                                                                     const double* b,
                                                                     std::uint64_t k) {
  constexpr std::uint64_t k_lanes = 16;
  std::array<double, k_lanes> sums{};
  std::array<double, k_lanes> magnitudes{};
  std::array<double, k_lanes> rests{};
  const auto add = [&](std::uint64_t i, std::uint64_t lane) __attribute__((always_inline)) {
    const double product = a[i] * b[i];
    sums[lane] += product;
    magnitudes[lane] += std::abs(product);
    rests[lane] += std::abs(product - std::trunc(product));
  };
  std::uint64_t i = 0;
  for (; i + k_lanes <= k; i += k_lanes) {
    for (std::uint64_t lane = 0; lane < k_lanes; ++lane) {
      add(i + lane, lane);
    }
  }
  for (; i < k; ++i) {
    add(i, 0);
  }
  const double rest = std::accumulate(rests.begin(), rests.end(), 0.0);
  return {.sum = std::accumulate(sums.begin(), sums.end(), 0.0),
          .magnitudes = std::accumulate(magnitudes.begin(), magnitudes.end(), 0.0),
          .whole = rest == 0};
}

/// Adds in groups: plainly where nothing can be cut, which has the same bits, else with `slow`.
template <class Slow>
double add_in_groups(double exact, const double* a, const double* b, std::uint64_t k,
                     const Slow& slow) {
  constexpr std::uint64_t k_group = 128;  // Whole steps of every kind.
  double sum = 0;
  for (std::uint64_t begin = 0; begin < k; begin += k_group) {
    const std::uint64_t count = std::min(k_group, k - begin);
    const Addends some = add_all(a + begin, b + begin, count);
    const bool plain =
        some.whole && sum == std::trunc(sum) && std::abs(sum) + some.magnitudes < exact;
    sum = plain ? sum + some.sum : slow(sum, a + begin, b + begin, count);
  }
  return sum;
}

}  // namespace

double tensor_dot(const TensorCores& cores, const double* a, const double* b, std::uint64_t k,
                  std::uint64_t step) {
  const double exact = std::ldexp(1.0, std::min(cores.fraction + 1, cores.kept));
  const auto slow = [&](double sum, const double* from_a, const double* from_b,
                        std::uint64_t count) {
    for (std::uint64_t begin = 0; begin < count; begin += step) {
      sum = slow_step(cores, sum, from_a + begin, from_b + begin, std::min(step, count - begin));
    }
    return sum;
  };
  return add_in_groups(exact, a, b, k, slow);
}

// The same as slow_step(), with eight columns as lanes.
[[gnu::target_clones("avx512f", "avx2", "default")]] void add_products(const TensorCores& cores,
                                                                       TensorTile& tile) {
  constexpr std::size_t k_columns = 8;
  constexpr std::uint64_t k_exponent = 0x7ff0'0000'0000'0000U;
  const double below = std::ldexp(1.0, -cores.fraction);
  const double kept = std::ldexp(1.0, 1 - cores.kept);
  // A power of two: that of the leading bit, or 1 for 0.
  const auto leading = [](double value) __attribute__((always_inline)) {
    const auto bits = std::bit_cast<std::uint64_t>(value) & k_exponent;
    return bits == 0 ? 1.0 : std::bit_cast<double>(bits);
  };
  for (std::size_t row = 0; row < tile.sums.size(); ++row) {
    std::array<double, k_columns> largest{};
    std::array<double, k_columns> total{};
    for (std::size_t n = 0; n < k_columns; ++n) {
      largest[n] = std::abs(tile.sums[row][n]);
    }
    for (std::size_t k = 0; k < tile.b.size(); ++k) {
      for (std::size_t n = 0; n < k_columns; ++n) {
        const double product = std::abs(tile.a[row][k] * tile.b[k][n]);
        largest[n] = product > largest[n] ? product : largest[n];
      }
    }
    for (std::size_t n = 0; n < k_columns; ++n) {
      largest[n] = leading(largest[n]) * below;
      total[n] = cut(tile.sums[row][n], largest[n]);
    }
    for (std::size_t k = 0; k < tile.b.size(); ++k) {
      for (std::size_t n = 0; n < k_columns; ++n) {
        total[n] += cut(tile.a[row][k] * tile.b[k][n], largest[n]);
      }
    }
    for (std::size_t n = 0; n < k_columns; ++n) {
      tile.sums[row][n] = cut(total[n], leading(total[n]) * kept);
    }
  }
}

double rounded_dot(int digits, const double* a, const double* b, std::uint64_t k) {
  const auto slow = [digits](double sum, const double* from_a, const double* from_b,
                             std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      sum += from_a[i] * from_b[i];
      sum = digits == k_f32_digits ? static_cast<float>(sum) : sum;
    }
    return sum;
  };
  return add_in_groups(std::ldexp(1.0, digits), a, b, k, slow);
}

}  // namespace assay::emulated
