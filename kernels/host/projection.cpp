#include "kernels/host/projection.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <type_traits>

#include "kernels/host/cpu.h"
#include "kernels/host/host_type.h"
#include "kernels/host/lanes.h"
#include "kernels/host/parallel.h"

namespace assay {
namespace {

using lanes::k_lanes;

constexpr double k_exact_doubles = 9007199254740992.0;  // 2^53
constexpr std::uint64_t k_scales = 16;

template <class Number>
struct Work {
  const IntegerMatrix* matrix = nullptr;
  const Number* x = nullptr;  // Rounds of x_stride elements; zeros behind the columns.
  std::uint64_t x_stride = 0;
  std::uint64_t block = 0;  // Columns whose sums stay exact in a lane.
  Projected* result = nullptr;
};

inline std::int64_t whole(double value) {
  return static_cast<std::int64_t>(value);
}
inline std::int64_t whole(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

/// What reading one row needs: where it is and how its grading is undone.
template <class Reader>
struct Row {
  const typename Reader::Stored* data = nullptr;
  std::array<lanes::Doubles, 2> scale{};
  lanes::Longs bad{};

  [[gnu::always_inline]] inline void begin(const IntegerMatrix& matrix, std::uint64_t index) {
    data = static_cast<const typename Reader::Stored*>(static_cast<const void*>(matrix.data)) +
           index * matrix.columns;
    if constexpr (Reader::k_scaled) {
      const double of_row =
          matrix.row_grades.empty() ? 1.0 : 1.0 / matrix.row_grades[index % k_scales];
      for (std::uint64_t j = 0; j < k_scales; ++j) {
        scale[j / k_lanes][j % k_lanes] =
            matrix.column_grades.empty() ? of_row : of_row / matrix.column_grades[j];
      }
    }
  }

  /// Eight elements from column j on; those behind the last are 0.
  [[gnu::always_inline]] inline void read(const IntegerMatrix& matrix, std::uint64_t j,
                                          typename Reader::Vector& to) {
    if (j + k_lanes <= matrix.columns) {
      Reader::read(data + j, scale[j / k_lanes % 2], matrix.most, to, bad);
      return;
    }
    std::array<typename Reader::Stored, k_lanes> rest{};
    std::copy(data + j, data + matrix.columns, rest.begin());
    Reader::read(rest.data(), scale[j / k_lanes % 2], matrix.most, to, bad);
  }
};

template <class Reader, std::uint32_t Rounds, std::uint32_t Group>
struct Sums {
  std::array<Row<Reader>, Group> rows;
  std::array<std::array<std::uint64_t, Rounds>, Group> totals{};

  /// Adds columns begin .. end-1, whose products add up exactly in a lane.
  [[gnu::always_inline]] inline void add_block(const Work<typename Reader::Number>& work,
                                               std::uint64_t begin, std::uint64_t end) {
    using Vector = typename Reader::Vector;
    std::array<std::array<Vector, Rounds>, Group> sums{};
    for (std::uint64_t j = begin; j < end; j += k_lanes) {
      std::array<Vector, Group> elements{};
      for (std::uint32_t g = 0; g < Group; ++g) {
        rows[g].read(*work.matrix, j, elements[g]);
      }
      for (std::uint32_t r = 0; r < Rounds; ++r) {
        Vector x;
        lanes::load(work.x + r * work.x_stride + j, x);
        for (std::uint32_t g = 0; g < Group; ++g) {
          sums[g][r] += elements[g] * x;
        }
      }
    }
    for (std::uint32_t i = 0; i < Group * Rounds; ++i) {
      for (std::uint64_t lane = 0; lane < k_lanes; ++lane) {
        totals[i / Rounds][i % Rounds] +=
            static_cast<std::uint64_t>(whole(sums[i / Rounds][i % Rounds][lane]));
      }
    }
  }
};

template <class Reader, std::uint32_t Rounds, std::uint32_t Group>
[[gnu::always_inline]] inline void project_group(const Work<typename Reader::Number>& work,
                                                 std::uint64_t first) {
  const IntegerMatrix& matrix = *work.matrix;
  Sums<Reader, Rounds, Group> sums;
  for (std::uint32_t g = 0; g < Group; ++g) {
    sums.rows[g].begin(matrix, first + g);
  }
  for (std::uint64_t begin = 0; begin < matrix.columns; begin += work.block) {
    sums.add_block(work, begin, std::min(begin + work.block, matrix.columns));
  }
  for (std::uint32_t g = 0; g < Group; ++g) {
    std::int64_t bad = 0;
    for (std::uint64_t lane = 0; lane < k_lanes; ++lane) {
      bad |= sums.rows[g].bad[lane];
    }
    work.result->bad[first + g] = bad != 0 ? 1 : 0;
    for (std::uint32_t r = 0; r < Rounds; ++r) {
      work.result->sums[r * matrix.rows + first + g] = static_cast<std::int64_t>(sums.totals[g][r]);
    }
  }
}

template <class Reader, std::uint32_t Rounds, std::uint32_t Group>
[[gnu::always_inline]] inline void project_range(const Work<typename Reader::Number>& work,
                                                 std::uint64_t first, std::uint64_t last) {
  std::uint64_t row = first;
  for (; row + Group <= last; row += Group) {
    project_group<Reader, Rounds, Group>(work, row);
  }
  for (; row < last; ++row) {
    project_group<Reader, Rounds, 1>(work, row);
  }
}

template <class Number>
constexpr std::uint32_t k_rounds_of = std::is_same_v<Number, double> ? k_rounds : k_rounds_f64;

// As many rows at once as their sums find registers.
template <class Reader>
[[gnu::target("avx512f,avx512dq,avx512vl,avx512bw")]] void project_avx512(
    const Work<typename Reader::Number>& work, std::uint64_t first, std::uint64_t last) {
  project_range<Reader, k_rounds_of<typename Reader::Number>, 4>(work, first, last);
}
template <class Reader>
[[gnu::target("avx2,fma")]] void project_avx2(const Work<typename Reader::Number>& work,
                                              std::uint64_t first, std::uint64_t last) {
  project_range<Reader, k_rounds_of<typename Reader::Number>, 1>(work, first, last);
}
template <class Reader>
void project_sse2(const Work<typename Reader::Number>& work, std::uint64_t first,
                  std::uint64_t last) {
  project_range<Reader, k_rounds_of<typename Reader::Number>, 1>(work, first, last);
}

/// Columns whose products add up exactly in one lane; 0 if not even one lane's first does.
std::uint64_t exact_block(const IntegerMatrix& matrix, const Factors& factors) {
  std::int64_t most = 1;
  for (const std::int64_t x : factors.x) {
    most = std::max(most, std::abs(x));
  }
  const double terms = std::floor(k_exact_doubles / matrix.most / static_cast<double>(most));
  constexpr double k_longest = 1U << 30U;
  return k_lanes * static_cast<std::uint64_t>(std::min(terms, k_longest));
}

template <class Reader>
Result<Projected> project_as(const IntegerMatrix& matrix, const Factors& factors) {
  using Number = typename Reader::Number;
  constexpr std::uint32_t k_here = k_rounds_of<Number>;
  const std::uint64_t stride = (matrix.columns + k_lanes - 1) / k_lanes * k_lanes;
  std::vector<Number> x(k_here * stride);
  for (std::uint64_t r = 0; r < k_here; ++r) {
    for (std::uint64_t j = 0; j < matrix.columns; ++j) {
      x[r * stride + j] = static_cast<Number>(factors.x[r * matrix.columns + j]);
    }
  }
  Projected result{.sums = std::vector<std::int64_t>(k_here * matrix.rows),
                   .bad = std::vector<std::uint8_t>(matrix.rows)};
  Work<Number> work{.matrix = &matrix, .x = x.data(), .x_stride = stride, .result = &result};
  work.block = std::is_same_v<Number, double> ? exact_block(matrix, factors) : stride;
  if (work.block == 0) {
    return Error{Error::Code::unsupported,
                 "a projection of this size is not exact in double precision"};
  }
  const Vectors vectors = own_vectors();
  const std::uint64_t grain = 65'536 / matrix.columns + 1;
  parallel_ranges(matrix.rows, grain, [&](std::uint64_t first, std::uint64_t last) {
    switch (vectors) {
      case Vectors::avx512: project_avx512<Reader>(work, first, last); break;
      case Vectors::avx2: project_avx2<Reader>(work, first, last); break;
      case Vectors::sse2: project_sse2<Reader>(work, first, last); break;
    }
  });
  return result;
}

}  // namespace

Result<Projected> project(const IntegerMatrix& matrix, const Factors& factors) {
  switch (host_type(matrix.type)) {
    case HostType::f32:
      return matrix.output ? project_as<lanes::F32Output>(matrix, factors)
                           : project_as<lanes::F32>(matrix, factors);
    case HostType::f64:
      return matrix.output ? project_as<lanes::F64Output>(matrix, factors)
                           : project_as<lanes::F64>(matrix, factors);
    case HostType::bf16: return project_as<lanes::Bf16>(matrix, factors);
    case HostType::s8: return project_as<lanes::S8>(matrix, factors);
    case HostType::s32: return project_as<lanes::S32Output>(matrix, factors);
  }
  return Error{Error::Code::unsupported, "no projection of this type"};
}

}  // namespace assay
