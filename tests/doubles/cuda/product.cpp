#include "tests/doubles/cuda/product.h"

#include <cstring>
#include <vector>

#include "kernels/number_bits.h"
#include "tests/doubles/cuda/device.h"
#include "tests/doubles/cuda/machine.h"
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
    case NumberType::mxfp8_e4m3:
    case NumberType::nvfp4: return NumberType::nvfp4;
    case NumberType::bf16:
    case NumberType::s32:
    case NumberType::s8: break;
  }
  return NumberType::fp8_e4m3;
}

std::vector<double> values_of(const ProductTask& task, const std::byte* data, std::uint64_t rows,
                              std::uint64_t leading) {
  const NumberType type = task.input;
  std::vector<double> values(rows * task.k);
  for (std::uint64_t row = 0; row < rows; ++row) {
    for (std::uint64_t kk = 0; kk < task.k; ++kk) {
      double value = value_of_bits(type, bits_at(data, row * leading + kk, bytes_of(type)));
      if (type == NumberType::tf32) {
        value = as_tf32(value);
      }
      if (machine().fault == Fault::cheaper) {
        const NumberType cheaper = cheaper_than(type);
        value = value_of_bits(cheaper, rounded_bits(cheaper, value));
      }
      values[row * task.k + kk] = value;
    }
  }
  return values;
}

double dot(NumberType input, const double* a, const double* b, std::uint64_t k) {
  const GpuModel& gpu = *machine().gpu;
  switch (input) {
    case NumberType::f64: return rounded_dot(k_f64_digits, a, b, k);
    case NumberType::f32: return rounded_dot(k_f32_digits, a, b, k);
    case NumberType::s8:
    case NumberType::s32: return rounded_dot(k_f64_digits, a, b, k);  // Whole numbers below 2^53.
    case NumberType::tf32: return tensor_dot(gpu.half, a, b, k, 8);
    case NumberType::bf16:
    case NumberType::f16: return tensor_dot(gpu.half, a, b, k, 16);
    case NumberType::fp8_e4m3:
    case NumberType::mxfp8_e4m3:
    case NumberType::nvfp4: break;
  }
  return tensor_dot(gpu.fp8, a, b, k, 32);
}

void compute(const ProductTask& task) {
  const auto a = values_of(task, task.a, task.rows, task.leading_a);
  const auto b = values_of(task, task.b, task.columns, task.leading_b);
  const std::uint64_t size = bytes_of(task.output);
  for (std::uint64_t j = 0; j < task.columns; ++j) {
    for (std::uint64_t i = 0; i < task.rows; ++i) {
      const double sum = dot(task.input, &a[i * task.k], &b[j * task.k], task.k);
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
  const std::uint64_t bytes = task.leading_d * task.columns * bytes_of(task.output);
  const bool spoiled = product_is_spoiled();
  if (spoiled && machine().fault == Fault::skipped) {
    return;
  }
  if (spoiled && machine().fault == Fault::cached && before.size() == bytes) {
    std::memcpy(task.d, before.data(), bytes);
    return;
  }
  compute(task);
  if (machine().fault == Fault::cached) {
    before.assign(task.d, task.d + bytes);
  }
  if (spoiled && machine().fault == Fault::wrong_bit) {
    task.d[bytes / 2] ^= std::byte{4};
  }
}

}  // namespace assay::emulated
