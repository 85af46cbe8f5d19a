#include "kernels/host/double_block.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>

#include "kernels/host/cpu.h"
#include "kernels/host/lanes.h"

namespace assay {
namespace {

using lanes::Doubles;
using lanes::k_lanes;
constexpr std::uint64_t k_vectors = k_block_columns / k_lanes;

double number(float stored) {
  return stored;
}
double number(std::uint16_t stored) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(stored) << 16U);
}

/// work(elements of the type in which it is stored).
template <class Work>
auto with_elements(const StoredMatrix& matrix, const Work& work) {
  const void* const first = matrix.data;
  return matrix.type == NumberType::bf16 ? work(static_cast<const std::uint16_t*>(first))
                                         : work(static_cast<const float*>(first));
}

/// Elements from one place to the next along a row, and from row to row.
struct Strides {
  std::uint64_t column = 1, row = 1;
};
Strides strides_of(const StoredMatrix& matrix) {
  return matrix.turned ? Strides{.column = matrix.rows, .row = 1}
                       : Strides{.column = 1, .row = matrix.columns};
}

struct Panels {
  const double* a = nullptr;
  const double* b = nullptr;
  std::uint64_t terms = 0;
};

[[gnu::always_inline]] inline void multiply(const Panels& panels, BlockSums& sums) {
  std::array<std::array<Doubles, k_vectors>, k_block_rows> block{};
  for (std::uint64_t term = 0; term < panels.terms; ++term) {
    for (std::uint64_t v = 0; v < k_vectors; ++v) {
      Doubles elements;
      lanes::load(panels.b + term * k_block_columns + v * k_lanes, elements);
      for (std::uint64_t i = 0; i < k_block_rows; ++i) {
        block[i][v] += elements * panels.a[i * panels.terms + term];
      }
    }
  }
  std::memcpy(sums.data(), block.data(), sizeof block);
}

[[gnu::target("avx512f,avx512dq,avx512vl,avx512bw")]] void multiply_avx512(const Panels& panels,
                                                                           BlockSums& sums) {
  multiply(panels, sums);
}
[[gnu::target("avx2,fma")]] void multiply_avx2(const Panels& panels, BlockSums& sums) {
  multiply(panels, sums);
}

}  // namespace

double StoredMatrix::at(std::uint64_t row, std::uint64_t column) const {
  const Strides strides = strides_of(*this);
  return with_elements(*this, [&](const auto* elements) {
    return number(elements[row * strides.row + column * strides.column]);
  });
}

void RowPanel::take(const StoredMatrix& a, std::span<const std::uint64_t> rows) {
  const std::uint64_t terms = a.columns;
  const Strides strides = strides_of(a);
  values_.assign(k_block_rows * terms, 0.0);
  norms_.fill(0.0);
  with_elements(a, [&](const auto* elements) {
    for (std::uint64_t i = 0; i < rows.size(); ++i) {
      const auto* const from = elements + rows[i] * strides.row;
      double* const to = values_.data() + i * terms;
      for (std::uint64_t term = 0; term < terms; ++term) {
        to[term] = number(from[term * strides.column]);
      }
      norms_[i] = std::sqrt(std::inner_product(to, to + terms, to, 0.0));
    }
  });
}

void ColumnPanel::take(const StoredMatrix& b, std::span<const std::uint64_t> columns) {
  const std::uint64_t terms = b.rows;
  const Strides strides = strides_of(b);
  values_.assign(k_block_columns * terms, 0.0);
  norms_.fill(0.0);
  with_elements(b, [&](const auto* elements) {
    for (std::uint64_t term = 0; term < terms; ++term) {
      const auto* const from = elements + term * strides.row;
      double* const to = values_.data() + term * k_block_columns;
      for (std::uint64_t j = 0; j < columns.size(); ++j) {
        to[j] = number(from[columns[j] * strides.column]);
        norms_[j] += to[j] * to[j];
      }
    }
  });
  for (double& norm : norms_) {
    norm = std::sqrt(norm);
  }
}

BlockSums multiply_panels(const RowPanel& a, const ColumnPanel& b) {
  const Panels panels{.a = a.data(), .b = b.data(), .terms = b.terms()};
  BlockSums sums{};
  switch (own_vectors()) {
    case Vectors::avx512: multiply_avx512(panels, sums); break;
    case Vectors::avx2: multiply_avx2(panels, sums); break;
    case Vectors::sse2: multiply(panels, sums); break;
  }
  return sums;
}

}  // namespace assay
