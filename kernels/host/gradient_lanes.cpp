#include "kernels/host/gradient_lanes.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/host/cpu.h"
#include "kernels/host/wide_lanes.h"
#include "kernels/number_bits.h"

namespace assay {
namespace {

using lanes::Floats16;
using lanes::Halves16;
using lanes::Ints16;
using lanes::k_wide;
using lanes::load16;

[[gnu::always_inline]] inline void store16(const Floats16& values, float* to) {
  std::memcpy(to, &values, sizeof values);
}
[[gnu::always_inline]] inline void store16(const Floats16& values, std::uint16_t* to) {
  Halves16 halves;
  lanes::to_bf16(values, halves);
  std::memcpy(to, &halves, sizeof halves);
}
[[gnu::always_inline]] inline void read16(const float* from, Floats16& to) {
  load16(from, to);
}
[[gnu::always_inline]] inline void read16(const std::uint16_t* from, Floats16& to) {
  Halves16 halves;
  std::memcpy(&halves, from, sizeof halves);
  to = reinterpret_cast<Floats16>(__builtin_convertvector(halves, Ints16) << 16);
}

template <class Stored>
[[gnu::always_inline]] inline void weigh_row(const SlopeBlock& block, std::uint64_t key) {
  const float* const scores = block.scores + key * block.stride;
  const float* const dp = block.dp + key * block.stride;
  auto* const p = static_cast<Stored*>(block.p) + key * block.stride;
  auto* const ds = static_cast<Stored*>(block.ds) + key * block.stride;
  const std::uint64_t last = key < block.keys ? block.queries : 0;
  const std::int64_t seeing = block.first_seeing + static_cast<std::int64_t>(key);
  const std::uint64_t first = block.causal && seeing > 0 ? static_cast<std::uint64_t>(seeing) : 0;
  for (std::uint64_t i = 0; i < block.stride; i += k_wide) {
    Floats16 weights;
    Floats16 slopes;
    Floats16 level;
    Floats16 d;
    Ints16 hidden;
    Ints16 seen;
    load16(scores + i, weights);
    load16(dp + i, slopes);
    load16(block.l + i, level);
    load16(block.d + i, d);
    weights = weights * lanes::k_score_scale - level;
    lanes::raise_two(weights);
    lanes::lanes_before(i, first, hidden);
    lanes::lanes_before(i, last, seen);
    lanes::zero_where_not(seen & ~hidden, weights);
    slopes = weights * (slopes - d);
    store16(weights, p + i);
    store16(slopes, ds + i);
  }
}

template <class Stored>
[[gnu::always_inline]] inline void turn_square(const Stored* from, std::uint64_t from_stride,
                                               Stored* to, std::uint64_t to_stride) {
  for (std::uint64_t i = 0; i < k_wide; ++i) {
    for (std::uint64_t j = 0; j < k_wide; ++j) {
      to[i * to_stride + j] = from[j * from_stride + i];
    }
  }
}

template <class Stored>
[[gnu::always_inline]] inline void turn(const SlopeBlock& block) {
  const auto* const from = static_cast<const Stored*>(block.ds);
  auto* const to = static_cast<Stored*>(block.ds_turned);
  for (std::uint64_t row = 0; row < block.rows; row += k_wide) {
    for (std::uint64_t column = 0; column < block.stride; column += k_wide) {
      turn_square(from + row * block.stride + column, block.stride, to + column * block.rows + row,
                  block.rows);
    }
  }
}

template <class Stored>
[[gnu::always_inline]] inline void weigh_all(const SlopeBlock& block) {
  for (std::uint64_t key = 0; key < block.rows; ++key) {
    weigh_row<Stored>(block, key);
  }
  turn<Stored>(block);
}

template <class Stored>
[[gnu::always_inline]] inline void multiply_all(const RowsOfBoth& rows) {
  const auto* const a = static_cast<const Stored*>(static_cast<const void*>(rows.a));
  const auto* const b = static_cast<const Stored*>(static_cast<const void*>(rows.b));
  for (std::uint64_t row = 0; row < rows.rows; ++row) {
    Floats16 sums{};
    for (std::uint64_t c = 0; c < rows.columns; c += k_wide) {
      Floats16 left;
      Floats16 right;
      read16(a + row * rows.columns + c, left);
      read16(b + row * rows.columns + c, right);
      sums += left * right;
    }
    float sum = 0;
    for (std::uint64_t lane = 0; lane < k_wide; ++lane) {
      sum += sums[lane];
    }
    rows.to[row] = sum;
  }
}

template <class Stored>
[[gnu::always_inline]] inline void store_all(const ScaledSums& sums) {
  auto* const to = static_cast<Stored*>(static_cast<void*>(sums.to));
  for (std::uint64_t i = 0; i < sums.count; i += k_wide) {
    Floats16 values;
    load16(sums.sums + i, values);
    store16(values * sums.factor, to + i);
  }
}

template <class Stored>
[[gnu::always_inline]] inline void do_it(const SlopeBlock& block) {
  weigh_all<Stored>(block);
}
template <class Stored>
[[gnu::always_inline]] inline void do_it(const RowsOfBoth& rows) {
  multiply_all<Stored>(rows);
}
template <class Stored>
[[gnu::always_inline]] inline void do_it(const ScaledSums& sums) {
  store_all<Stored>(sums);
}

template <class Stored, class Work>
[[gnu::target("avx512f,avx512dq,avx512vl,avx512bw")]] void do_avx512(const Work& work) {
  do_it<Stored>(work);
}
template <class Stored, class Work>
[[gnu::target("avx2,fma")]] void do_avx2(const Work& work) {
  do_it<Stored>(work);
}

template <class Stored, class Work>
void do_here(const Work& work) {
  switch (own_vectors()) {
    case Vectors::avx512: do_avx512<Stored>(work); break;
    case Vectors::avx2: do_avx2<Stored>(work); break;
    case Vectors::sse2: do_it<Stored>(work); break;
  }
}

template <class Work>
void do_for_type(const Work& work) {
  work.type == NumberType::bf16 ? do_here<std::uint16_t>(work) : do_here<float>(work);
}

}  // namespace

void weigh_slopes(const SlopeBlock& block) {
  do_for_type(block);
}

void multiply_rows(const RowsOfBoth& rows) {
  do_for_type(rows);
}

void store_scaled(const ScaledSums& sums) {
  do_for_type(sums);
}

}  // namespace assay
