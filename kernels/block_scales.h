// Block scales: what a type multiplies each block of a row's elements with, and where that stands.
//
// The layout is that of cuBLASLt ("1D Block Scaling Factors Layout" of its documentation; the same
// as torchao's to_blocked): tiles of 128 rows by 4 blocks, 512 bytes, tile after tile along k, then
// down the rows. In a tile the rows r, r + 32, r + 64 and r + 96 stand side by side.
#pragma once

#include <cstdint>

#include "kernels/number_bits.h"

namespace assay {

inline constexpr std::uint64_t k_scale_rows = 128;  ///< Of a tile.
inline constexpr std::uint64_t k_scale_blocks = 4;  ///< Of a tile, along k.

/// Elements of a row that share a scale; 0: the type has none.
[[nodiscard]] constexpr unsigned scale_block_of(NumberType type) {
  return type == NumberType::mxfp8_e4m3 ? 32U : type == NumberType::nvfp4 ? 16U : 0U;
}

/// Tiles side by side along k. Precondition: the type has scales.
[[nodiscard]] constexpr std::uint64_t scale_tiles_along(NumberType type, std::uint64_t k) {
  const std::uint64_t tile = k_scale_blocks * scale_block_of(type);
  return (k + tile - 1) / tile;
}

/// Of the scales of a matrix of `rows` rows of k elements; 0 where the type has none.
[[nodiscard]] constexpr std::uint64_t scale_bytes(NumberType type, std::uint64_t rows,
                                                  std::uint64_t k) {
  return scale_block_of(type) == 0 ? 0
                                   : (rows + k_scale_rows - 1) / k_scale_rows *
                                         scale_tiles_along(type, k) * k_scale_rows * k_scale_blocks;
}

/// Where the scale of block `block` of row `row` stands.
[[nodiscard]] constexpr std::uint64_t scale_place(std::uint64_t row, std::uint64_t block,
                                                  std::uint64_t tiles_along) {
  const std::uint64_t tile = row / k_scale_rows * tiles_along + block / k_scale_blocks;
  const std::uint64_t in_tile = row % k_scale_rows;
  return tile * k_scale_rows * k_scale_blocks + in_tile % 32 * 16 + in_tile / 32 * k_scale_blocks +
         block % k_scale_blocks;
}

/// How a scale is stored: UE8M0, an exponent, for mxfp8; UE4M3 for nvfp4. Preconditions: the type
/// has scales; the scale is a power of two for mxfp8, and at most 16 for nvfp4.
[[nodiscard]] constexpr std::uint8_t bits_of_scale(NumberType type, std::uint64_t scale) {
  if (type == NumberType::nvfp4) {
    return static_cast<std::uint8_t>(
        rounded_bits(NumberType::fp8_e4m3, static_cast<double>(scale)));
  }
  return static_cast<std::uint8_t>(127 + std::bit_width(scale) - 1);
}

/// Its inverse, for scales that bits_of_scale made.
[[nodiscard]] constexpr std::uint64_t scale_of_bits(NumberType type, std::uint8_t bits) {
  return type == NumberType::nvfp4
             ? static_cast<std::uint64_t>(value_of_bits(NumberType::fp8_e4m3, bits))
             : std::uint64_t{1} << (bits - 127U);
}

/// What the integer 1 is stored as: nvfp4 has halves, so that its integers are those of 2 x.
[[nodiscard]] constexpr double unit_of(NumberType type) {
  return type == NumberType::nvfp4 ? 0.5 : 1.0;
}

}  // namespace assay
