#include "kernels/host/layer_lanes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "kernels/host/cpu.h"
#include "kernels/host/parallel.h"
#include "kernels/number_bits.h"
#include "kernels/transformer_plan.h"

namespace assay {
namespace {

constexpr std::uint64_t k_lanes_at_once = 16;
constexpr std::uint64_t k_grain = std::uint64_t{1} << 14U;  // Elements worth waking a thread for.

[[gnu::always_inline]] inline float number(float stored) {
  return stored;
}
[[gnu::always_inline]] inline float number(std::uint16_t stored) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(stored) << 16U);
}
[[gnu::always_inline]] inline void put(float value, float& to) {
  to = value;
}
/// Rounded to nearest, ties to even. Numbers are finite.
[[gnu::always_inline]] inline void put(float value, std::uint16_t& to) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  to = static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U);
}

/// Of `count` products a b, in sixteen sums, so that they are added as vectors.
template <class Stored>
[[gnu::always_inline]] inline float summed(const Stored* a, const Stored* b, std::uint64_t count) {
  std::array<float, k_lanes_at_once> sums{};
  std::uint64_t i = 0;
  for (; i + k_lanes_at_once <= count; i += k_lanes_at_once) {
    for (std::uint64_t lane = 0; lane < k_lanes_at_once; ++lane) {
      sums[lane] += number(a[i + lane]) * number(b[i + lane]);
    }
  }
  for (; i < count; ++i) {
    sums[0] += number(a[i]) * number(b[i]);
  }
  float sum = 0;
  for (const float part : sums) {
    sum += part;
  }
  return sum;
}

template <class Stored>
[[gnu::always_inline]] inline float one_by_rms(const Stored* x, std::uint64_t columns) {
  const float mean = summed(x, x, columns) / static_cast<float>(columns);
  return 1.0F / std::sqrt(mean + static_cast<float>(k_norm_epsilon));
}

template <class Stored>
[[gnu::always_inline]] inline void norm_gradient_row(std::uint64_t columns,
                                                     const std::array<const Stored*, 3>& from,
                                                     Stored* to) {
  const auto [x, gradient, residual] = from;
  const float factor = one_by_rms(x, columns);
  const float mean = summed(x, gradient, columns) / static_cast<float>(columns);
  const float along = factor * factor * factor * mean;
  for (std::uint64_t i = 0; i < columns; ++i) {
    const float change = factor * number(gradient[i]) - along * number(x[i]);
    put(number(residual[i]) + change, to[i]);
  }
}

template <class Stored>
const Stored* stored(const std::byte* at) {
  return static_cast<const Stored*>(static_cast<const void*>(at));
}
template <class Stored>
Stored* stored(std::byte* at) {
  return static_cast<Stored*>(static_cast<void*>(at));
}

/// What is done to one row of each, `columns` long.
enum class RowWork { normalise, norm_gradient, add, rectify, rectify_gradient };
struct RowTask {
  RowWork work = RowWork::add;
  LayerRows shape;
  std::array<const std::byte*, 3> from{};
  std::byte* to = nullptr;
};

template <class Stored>
[[gnu::always_inline]] inline void do_row(const RowTask& task, std::uint64_t row) {
  const std::uint64_t columns = task.shape.columns;
  std::array<const Stored*, 3> from{};
  for (std::size_t i = 0; i < from.size() && task.from[i] != nullptr; ++i) {
    from[i] = stored<Stored>(task.from[i]) + row * columns;
  }
  Stored* const to = stored<Stored>(task.to) + row * columns;
  const auto put_each = [&](const auto& value) {
    for (std::uint64_t i = 0; i < columns; ++i) {
      put(value(i), to[i]);
    }
  };
  switch (task.work) {
    case RowWork::normalise: {
      const float factor = one_by_rms(from[0], columns);
      put_each([&](std::uint64_t i) { return number(from[0][i]) * factor; });
      break;
    }
    case RowWork::norm_gradient: norm_gradient_row(columns, from, to); break;
    case RowWork::add:
      put_each([&](std::uint64_t i) { return number(to[i]) + number(from[0][i]); });
      break;
    case RowWork::rectify:
      put_each([&](std::uint64_t i) { return std::max(number(to[i]), 0.0F); });
      break;
    case RowWork::rectify_gradient:
      put_each([&](std::uint64_t i) { return number(from[0][i]) > 0 ? number(to[i]) : 0.0F; });
      break;
  }
}

struct RowRange {
  std::uint64_t first = 0, last = 0;
};
template <class Stored>
[[gnu::always_inline]] inline void do_rows(const RowTask& task, RowRange range) {
  for (std::uint64_t row = range.first; row < range.last; ++row) {
    do_row<Stored>(task, row);
  }
}
template <class Stored>
[[gnu::target("avx512f,avx512dq,avx512vl,avx512bw")]] void do_avx512(const RowTask& task,
                                                                     RowRange range) {
  do_rows<Stored>(task, range);
}
template <class Stored>
[[gnu::target("avx2,fma")]] void do_avx2(const RowTask& task, RowRange range) {
  do_rows<Stored>(task, range);
}

template <class Stored>
void do_here(const RowTask& task, RowRange range) {
  switch (own_vectors()) {
    case Vectors::avx512: do_avx512<Stored>(task, range); break;
    case Vectors::avx2: do_avx2<Stored>(task, range); break;
    case Vectors::sse2: do_rows<Stored>(task, range); break;
  }
}

void do_all(const RowTask& task) {
  const std::uint64_t grain = k_grain / task.shape.columns + 1;
  parallel_ranges(task.shape.rows, grain, [&](std::uint64_t first, std::uint64_t last) {
    const RowRange range{.first = first, .last = last};
    task.shape.type == NumberType::bf16 ? do_here<std::uint16_t>(task, range)
                                        : do_here<float>(task, range);
  });
}

/// move(where a head's columns of a token stand, where they stand by heads, bytes).
template <class Move>
void each_head(const HeadsOfTokens& shape, const Move& move) {
  const std::uint64_t element = bytes_of(shape.type);
  const std::uint64_t bytes = shape.head_dim * element;
  const std::uint64_t grain = k_grain / (shape.heads * shape.head_dim) + 1;
  parallel_ranges(shape.batch * shape.seq, grain, [&](std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t token = first; token < last; ++token) {
      for (std::uint64_t head = 0; head < shape.heads; ++head) {
        const std::uint64_t row =
            (token / shape.seq * shape.heads + head) * shape.seq + token % shape.seq;
        move(((token * shape.columns) + shape.first_column) * element + head * bytes, row * bytes,
             bytes);
      }
    }
  });
}

}  // namespace

void normalise(const LayerRows& rows, const std::byte* x, std::byte* to) {
  do_all({.work = RowWork::normalise, .shape = rows, .from = {x}, .to = to});
}

void add_norm_gradient(const LayerRows& rows, const NormGradient& of) {
  do_all({.work = RowWork::norm_gradient,
          .shape = rows,
          .from = {of.x, of.gradient, of.residual},
          .to = of.to});
}

void add_residual(const LayerRows& rows, const std::byte* from, std::byte* to) {
  do_all({.work = RowWork::add, .shape = rows, .from = {from}, .to = to});
}

void rectify(const LayerRows& rows, std::byte* to) {
  do_all({.work = RowWork::rectify, .shape = rows, .from = {}, .to = to});
}

void rectify_gradient(const LayerRows& rows, const std::byte* rectified, std::byte* to) {
  do_all({.work = RowWork::rectify_gradient, .shape = rows, .from = {rectified}, .to = to});
}

void to_heads(const HeadsOfTokens& shape, const std::byte* tokens, std::byte* heads) {
  each_head(shape, [&](std::uint64_t by_token, std::uint64_t by_head, std::uint64_t bytes) {
    std::memcpy(heads + by_head, tokens + by_token, bytes);
  });
}

void to_tokens(const HeadsOfTokens& shape, const std::byte* heads, std::byte* tokens) {
  each_head(shape, [&](std::uint64_t by_token, std::uint64_t by_head, std::uint64_t bytes) {
    std::memcpy(tokens + by_token, heads + by_head, bytes);
  });
}

}  // namespace assay
