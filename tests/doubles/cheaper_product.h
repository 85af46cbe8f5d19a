// A product that saves work by computing in a cheaper type than was asked for.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <vector>

#include "kernels/host/outputs.h"
#include "kernels/host/product.h"
#include "kernels/number_bits.h"

namespace assay {

/// Keeps `bits` significant bits of a number, to nearest: 8 is bf16, 11 is TF32, 24 is f32.
inline double with_bits(double value, int bits) {
  int exponent = 0;
  const double mantissa = std::frexp(value, &exponent);
  return std::ldexp(std::nearbyint(std::ldexp(mantissa, bits)), exponent - bits);
}

/// Passes every operand through `cheaper` and then multiplies exactly.
class CheaperProduct final : public Product {
 public:
  CheaperProduct(const GemmProblem& problem, std::function<double(double)> cheaper)
      : problem_(problem), cheaper_(std::move(cheaper)) {}

  [[nodiscard]] Ran ran() const override {
    return {.software = "double", .version = "1", .kernel = "cheaper", .isa = "none", .threads = 1};
  }

  Result<Done> multiply(const OperandPair& operands, std::byte* c) override {
    const std::vector<double> a = read(operands.a);
    const std::vector<double> b = read(operands.b);
    for (std::uint64_t i = 0; i < problem_.m; ++i) {
      std::vector<double> row(problem_.n);
      for (std::uint64_t kk = 0; kk < problem_.k; ++kk) {
        for (std::uint64_t j = 0; j < problem_.n; ++j) {
          row[j] += a[i * problem_.k + kk] * b[kk * problem_.n + j];
        }
      }
      for (std::uint64_t j = 0; j < problem_.n; ++j) {
        const std::uint64_t bits =
            bits_of_integer(problem_.output, static_cast<std::int64_t>(std::nearbyint(row[j])));
        std::copy_n(static_cast<const std::byte*>(static_cast<const void*>(&bits)),
                    bytes_of(problem_.output),
                    c + (i * problem_.n + j) * bytes_of(problem_.output));
      }
    }
    return Done{};
  }

 private:
  [[nodiscard]] std::vector<double> read(const View& view) const {
    std::vector<double> values;
    for (std::uint64_t i = 0; i < view.rows * view.columns; ++i) {
      const void* const at = view.data + i * bytes_of(problem_.input);
      const double value =
          problem_.input == NumberType::f64   ? *static_cast<const double*>(at)
          : problem_.input == NumberType::f32 ? double{*static_cast<const float*>(at)}
          : problem_.input == NumberType::s8
              ? static_cast<double>(*static_cast<const std::int8_t*>(at))
              : double{std::bit_cast<float>(std::uint32_t{*static_cast<const std::uint16_t*>(at)}
                                            << 16U)};
      values.push_back(cheaper_(value));
    }
    return values;
  }

  GemmProblem problem_;
  std::function<double(double)> cheaper_;
};

}  // namespace assay
