// Tiles of rows in shared memory, and the two products of them that attention and its gradients are
// made of, in device code.
//
// A warp has sixteen rows. What they give with the rows of a tile, scores for one, stands where
// multiply_add() has its sums: a lane holds rows g and g + 8, of each eight rows of the tile 2t and
// 2t + 1. That is where it wants factors, too.
#pragma once

#include <cstdint>

#include "kernels/cuda/online_softmax.h"
#include "kernels/cuda/warp_matrix.h"

namespace assay::cuda {

/// Where chunk `chunk` of row `row` stands: eight rows of one chunk, as load_matrices() reads them,
/// lie in different banks, and so do eight chunks of one row.
template <unsigned Chunks>
__device__ unsigned place(unsigned row, unsigned chunk) {
  return row * Chunks + (chunk ^ (row % 8));
}

/// Which chunks of a tile a thread moves: one of so many rows at a time, eights of them, so that
/// all are as far apart and one address serves. Of 24 chunks a row that leaves 64 threads idle.
template <unsigned Chunks>
struct MovedRows {
  static constexpr unsigned k_at_once = k_block / (8 * Chunks) * 8;

  __device__ static bool moves() { return threadIdx.x < k_at_once * Chunks; }
  __device__ static unsigned row() { return threadIdx.x / Chunks; }  ///< The first.
  __device__ static unsigned chunk() { return threadIdx.x % Chunks; }
};

/// Rows first .. first + Rows - 1 of a head of `count` rows; zeros behind the last. By a block of
/// threads; there after await_copies() and a barrier.
template <unsigned Rows, unsigned Columns>
__device__ void load_tile(Sixteen* tile, const Sixteen* from, unsigned first, unsigned count) {
  constexpr unsigned k_chunks = Columns / 8;
  using Moved = MovedRows<k_chunks>;
  if (!Moved::moves()) {
    return;
  }
  Sixteen* const to = &tile[place<k_chunks>(Moved::row(), Moved::chunk())];
  ASSAY_UNROLL
  for (unsigned i = 0; i < Rows; i += Moved::k_at_once) {
    const unsigned row = first + i + Moved::row();
    const bool there = row < count;
    const std::uint64_t source = there ? row : 0;
    copy_async(to + i * k_chunks, from + source * k_chunks + Moved::chunk(), there);
  }
}

/// The warp's own rows: sixteen of a tile, from `row` on.
template <unsigned Columns, unsigned Steps>
__device__ void take_rows(std::uint32_t (&rows)[Steps][4], const Sixteen* tile, unsigned row) {
  static_assert(16 * Steps >= Columns);
  const unsigned lane = threadIdx.x % k_warp;
  ASSAY_UNROLL
  for (unsigned step = 0; step < Columns / 16; ++step) {
    load_matrices(rows[step], &tile[place<Columns / 8>(row + lane % 16, 2 * step + lane / 16)]);
  }
}

/// Adds the products of the warp's rows with those of a tile.
template <unsigned Columns, unsigned Tiles, unsigned Steps>
__device__ void add_products(float (&products)[Tiles][4], const std::uint32_t (&rows)[Steps][4],
                             const Sixteen* tile) {
  static_assert(16 * Steps >= Columns);
  const unsigned lane = threadIdx.x % k_warp;
  ASSAY_UNROLL
  for (unsigned step = 0; step < Columns / 16; ++step) {
    ASSAY_UNROLL
    for (unsigned pair = 0; pair < Tiles / 2; ++pair) {
      std::uint32_t others[4];
      const unsigned row = 16 * pair + lane / 16 * 8 + lane % 8;
      load_matrices(others, &tile[place<Columns / 8>(row, 2 * step + lane / 8 % 2)]);
      multiply_add(products[2 * pair], rows[step], others[0], others[1]);
      multiply_add(products[2 * pair + 1], rows[step], others[2], others[3]);
    }
  }
}

/// Adds the rows of a tile, each times the factor that a row of the warp has for it, in bf16.
template <unsigned Columns, unsigned Sums, unsigned Tiles>
__device__ void add_weighted(float (&sums)[Sums][4], const float (&factors)[Tiles][4],
                             const Sixteen* tile) {
  static_assert(8 * Sums >= Columns);
  const unsigned lane = threadIdx.x % k_warp;
  ASSAY_UNROLL
  for (unsigned step = 0; step < Tiles / 2; ++step) {
    std::uint32_t of_rows[4];
    weights_of(factors[2 * step], factors[2 * step + 1], of_rows);
    ASSAY_UNROLL
    for (unsigned pair = 0; pair < Columns / 16; ++pair) {
      std::uint32_t values[4];
      load_transposed(values,
                      &tile[place<Columns / 8>(16 * step + lane % 16, 2 * pair + lane / 16)]);
      multiply_add(sums[2 * pair], of_rows, values[0], values[1]);
      multiply_add(sums[2 * pair + 1], of_rows, values[2], values[3]);
    }
  }
}

/// Puts the warp's sums times `factor`, in bf16, into a tile: sixteen rows from `row` on.
template <unsigned Columns, unsigned Sums>
__device__ void put_rows(Sixteen* tile, const float (&sums)[Sums][4], float factor, unsigned row) {
  const unsigned lane = threadIdx.x % k_warp;
  ASSAY_UNROLL
  for (unsigned half = 0; half < 2; ++half) {
    ASSAY_UNROLL
    for (unsigned chunk = 0; chunk < Columns / 8; ++chunk) {
      tile[place<Columns / 8>(row + 8 * half + lane / 4, chunk)].words[lane % 4] =
          two_as_bf16(sums[chunk][2 * half] * factor, sums[chunk][2 * half + 1] * factor);
    }
  }
}

/// A tile to rows `first` on of a head of `count` rows, 16 bytes a thread. By a block of threads.
template <unsigned Rows, unsigned Columns>
__device__ void store_tile(Sixteen* to, const Sixteen* tile, unsigned first, unsigned count) {
  constexpr unsigned k_chunks = Columns / 8;
  using Moved = MovedRows<k_chunks>;
  if (!Moved::moves()) {
    return;
  }
  const Sixteen* const from = &tile[place<k_chunks>(Moved::row(), Moved::chunk())];
  ASSAY_UNROLL
  for (unsigned i = 0; i < Rows; i += Moved::k_at_once) {
    const std::uint64_t row = first + i + Moved::row();
    if (row < count) {
      to[row * k_chunks + Moved::chunk()] = from[i * k_chunks];
    }
  }
}

}  // namespace assay::cuda
