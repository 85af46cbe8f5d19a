#include "tests/doubles/cuda/product.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "kernels/number_bits.h"
#include "tests/doubles/cuda/device.h"
#include "tests/doubles/cuda/machine.h"
#include "tests/doubles/cuda/pace.h"
#include "tests/doubles/cuda/tensor_cores.h"

namespace assay::emulated {
namespace {

std::uint64_t bits_at(const std::byte* data, std::uint64_t element, std::uint64_t size) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, data + element * size, size);
  return bits;
}

/// To 10 bits after the leading one, ties to even.
double as_tf32(double value) {
  constexpr double k_keep = 8193.0;  // 2^13 + 1: Veltkamp's splitting of 24 bits.
  const auto single = static_cast<float>(value);
  const auto scaled = static_cast<float>(k_keep * single);
  return static_cast<float>(scaled - (scaled - single));
}

NumberType cheaper_than(NumberType type) {
  switch (type) {
    case NumberType::f64: return NumberType::f32;
    case NumberType::f32:
    case NumberType::tf32:
    case NumberType::f16: return NumberType::bf16;
    case NumberType::fp8_e4m3:
    case NumberType::fp8_e5m2:
    case NumberType::mxfp8_e4m3:
    case NumberType::nvfp4: return NumberType::nvfp4;
    case NumberType::fp8_e5m2_e4m3:
    case NumberType::bf16:
    case NumberType::s32:
    case NumberType::s8: break;
  }
  return NumberType::fp8_e4m3;
}

double element_of(const ProductOperand& operand, std::uint64_t row, std::uint64_t kk) {
  const std::uint64_t element = row * operand.leading + kk;
  if (operand.type == NumberType::nvfp4) {
    const std::uint64_t byte = bits_at(operand.data, element / 2, 1);
    return value_of_bits(operand.type, element % 2 == 0 ? byte & 0xfU : byte >> 4U);
  }
  const double value =
      value_of_bits(operand.type, bits_at(operand.data, element, bytes_of(operand.type)));
  return operand.type == NumberType::tf32 ? as_tf32(value) : value;
}

/// Where the scale of a block stands, from the documentation of cuBLASLt and not from the module's
/// own formula, as the index of a tensor [rows / 128][blocks / 4][32][4][4]: tile, tile, row in a
/// quarter, quarter, block.
std::uint64_t documented_place(std::uint64_t row, std::uint64_t block, std::uint64_t blocks) {
  const std::array<std::uint64_t, 5> index{row / 128, block / 4, row % 32, row / 32 % 4, block % 4};
  const std::array<std::uint64_t, 5> extent{0, (blocks + 3) / 4, 32, 4, 4};
  std::uint64_t place = 0;
  for (std::size_t i = 0; i < index.size(); ++i) {
    place = place * extent.at(i) + index.at(i);
  }
  return place;
}

/// With the fault, nvfp4 becomes mxfp4: of two blocks the first one's scale, as a power of two.
double scale_of(const ProductOperand& operand, std::uint64_t row, std::uint64_t kk,
                std::uint64_t k) {
  if (operand.scales == nullptr) {
    return 1;
  }
  const bool four_bits = operand.type == NumberType::nvfp4;
  const bool cheaper = four_bits && fault_here() == Fault::cheaper;
  const std::uint64_t size = four_bits ? 16 : 32;
  const std::uint64_t block = kk / (cheaper ? 32 : size) * (cheaper ? 2 : 1);
  const std::uint64_t bits =
      bits_at(operand.scales, documented_place(row, block, (k + size - 1) / size), 1);
  const double scale = four_bits ? value_of_bits(NumberType::fp8_e4m3, bits)
                                 : std::ldexp(1.0, static_cast<int>(bits) - 127);
  return cheaper ? std::ldexp(1.0, std::ilogb(scale)) : scale;
}

/// What 2:4 sparsity keeps: of every four the two largest.
void make_sparse(std::vector<double>& values) {
  for (std::size_t begin = 0; begin + 4 <= values.size(); begin += 4) {
    for (int dropped = 0; dropped < 2; ++dropped) {
      double* least = nullptr;
      for (std::size_t i = begin; i < begin + 4; ++i) {
        if (values[i] != 0 && (least == nullptr || std::abs(values[i]) < std::abs(*least))) {
          least = &values[i];
        }
      }
      if (least != nullptr) {
        *least = 0;
      }
    }
  }
}

/// Fixed-point emulation of f64: a row has one scale, and 55 bits below its largest element.
void make_fixed_point(std::vector<double>& values, std::uint64_t k) {
  constexpr int k_bits = 55;
  for (auto row = values.begin(); row != values.end(); row += static_cast<std::ptrdiff_t>(k)) {
    const auto end = row + static_cast<std::ptrdiff_t>(k);
    const double largest = std::abs(
        *std::max_element(row, end, [](double x, double y) { return std::abs(x) < std::abs(y); }));
    const double unit = largest == 0 ? 1 : std::ldexp(1.0, std::ilogb(largest) + 1 - k_bits);
    std::transform(row, end, row, [unit](double value) { return std::trunc(value / unit) * unit; });
  }
}

std::vector<double> values_of(const ProductOperand& operand, std::uint64_t k) {
  std::vector<double> values(operand.rows * k);
  for (std::uint64_t row = 0; row < operand.rows; ++row) {
    for (std::uint64_t kk = 0; kk < k; ++kk) {
      double value = element_of(operand, row, kk);
      if (fault_here() == Fault::cheaper) {
        const NumberType cheaper = cheaper_than(operand.type);
        value = cheaper == NumberType::nvfp4 ? std::clamp(value, -6.0, 6.0) : value;
        value = value_of_bits(cheaper, rounded_bits(cheaper, value));
      }
      values[row * k + kk] = value * scale_of(operand, row, kk, k);
    }
  }
  return values;
}

/// Products of two nvfp4 are quarters: as whole numbers nothing else about their sums changes.
double dot_of_quarters(const double* a, const double* b, std::uint64_t k) {
  std::vector<double> twice_a(a, a + k);
  std::vector<double> twice_b(b, b + k);
  for (auto* const values : {&twice_a, &twice_b}) {
    for (double& value : *values) {
      value *= 2;
    }
  }
  return tensor_dot(machine().gpu->fp4, twice_a.data(), twice_b.data(), k, 64) / 4;
}

/// Emulation of f32: three bf16 values stand for an element, and nine products for one.
double dot_of_parts(const double* a, const double* b, std::uint64_t k) {
  constexpr std::size_t k_parts = 3;
  const auto split = [k](const double* values) {
    std::array<std::vector<double>, k_parts> parts;
    std::vector<double> rest(values, values + k);
    for (auto& part : parts) {
      for (double& value : rest) {
        part.push_back(value_of_bits(NumberType::bf16, rounded_bits(NumberType::bf16, value)));
        value -= part.back();
      }
    }
    return parts;
  };
  const auto of_a = split(a);
  const auto of_b = split(b);
  float sum = 0;
  for (std::size_t order = 2 * k_parts - 1; order-- > 0;) {  // the smallest parts first
    for (std::size_t i = 0; i < k_parts; ++i) {
      if (const std::size_t j = order - i; i <= order && j < k_parts) {
        sum += static_cast<float>(
            tensor_dot(machine().gpu->half, of_a.at(i).data(), of_b.at(j).data(), k, 16));
      }
    }
  }
  return sum;
}

double dot(NumberType input, const double* a, const double* b, std::uint64_t k) {
  const GpuModel& gpu = *machine().gpu;
  switch (input) {
    case NumberType::nvfp4: return dot_of_quarters(a, b, k);
    case NumberType::f64: return rounded_dot(k_f64_digits, a, b, k);
    case NumberType::f32:
      return fault_here() == Fault::emulated ? dot_of_parts(a, b, k)
                                             : rounded_dot(k_f32_digits, a, b, k);
    case NumberType::s8:
    case NumberType::s32: return rounded_dot(k_f64_digits, a, b, k);  // Whole numbers below 2^53.
    case NumberType::tf32: return tensor_dot(gpu.half, a, b, k, 8);
    case NumberType::bf16:
    case NumberType::f16: return tensor_dot(gpu.half, a, b, k, 16);
    case NumberType::fp8_e4m3:
    case NumberType::fp8_e5m2:
    case NumberType::fp8_e5m2_e4m3:
    case NumberType::mxfp8_e4m3: break;
  }
  constexpr TensorCores k_short{.fraction = 10, .kept = 11};
  return tensor_dot(fault_here() == Fault::short_sums ? k_short : gpu.fp8, a, b, k, 32);
}

void compute(const ProductTask& task) {
  auto a = values_of(task.a, task.k);
  auto b = values_of(task.b, task.k);
  if (fault_here() == Fault::sparse) {
    make_sparse(b);  // The caller's A.
  }
  if (fault_here() == Fault::emulated && task.a.type == NumberType::f64) {
    make_fixed_point(a, task.k);
    make_fixed_point(b, task.k);
  }
  const std::uint64_t size = bytes_of(task.output);
  for (std::uint64_t j = 0; j < task.b.rows; ++j) {
    for (std::uint64_t i = 0; i < task.a.rows; ++i) {
      const double sum = dot(task.a.type, &a[i * task.k], &b[j * task.k], task.k);
      const std::uint64_t bits = is_integer(task.output)
                                     ? bits_of_integer(task.output, static_cast<std::int64_t>(sum))
                                     : rounded_bits(task.output, sum * task.alpha);
      std::memcpy(task.d + (j * task.leading_d + i) * size, &bits, size);
    }
  }
}

}  // namespace

void multiply(const ProductTask& task) {
  static std::vector<std::byte> before;  // Of the product before, for the library that caches.
  const std::uint64_t bytes = task.leading_d * task.b.rows * bytes_of(task.output);
  const bool spoiled = product_is_spoiled();
  pace_product();
  if (spoiled && fault_here() == Fault::skipped) {
    return;
  }
  if (spoiled && fault_here() == Fault::cached && before.size() == bytes) {
    std::memcpy(task.d, before.data(), bytes);
    return;
  }
  compute(task);
  if (fault_here() == Fault::cached) {
    before.assign(task.d, task.d + bytes);
  }
  if (spoiled && fault_here() == Fault::wrong_bit) {
    task.d[bytes / 2] ^= std::byte{4};
  }
}

}  // namespace assay::emulated
