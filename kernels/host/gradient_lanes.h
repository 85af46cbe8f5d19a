// What the backward pass of attention does with each element of its blocks.
#pragma once

#include <cstdint>

#include "kernels/backend.h"

namespace assay {

/// Scores and slopes of a block, a row for each key and a column for each query.
struct SlopeBlock {
  NumberType type = NumberType::f32;    ///< Of what is written: f32 or bf16.
  std::uint64_t rows = 0, stride = 0;   ///< Keys and queries: multiples of 16.
  std::uint64_t keys = 0, queries = 0;  ///< Those that exist; others have weight 0.
  bool causal = false;
  std::int64_t first_seeing = 0;  ///< The query that is the first to see the first key.
  const float* scores = nullptr;  ///< q k.
  const float* dp = nullptr;      ///< dO v.
  const float* l = nullptr;       ///< Of each query, in bits (powers of two).
  const float* d = nullptr;       ///< Of each query: dO o.
  void* p = nullptr;              ///< rows x stride: 2^(score / 2 - l).
  void* ds = nullptr;             ///< rows x stride: p (dp - d).
  void* ds_turned = nullptr;      ///< stride x rows: the same, a row for each query.
};
void weigh_slopes(const SlopeBlock& block);

/// to[i] = the product of rows i of a and b, f32 or bf16; `columns` is a multiple of 16.
struct RowsOfBoth {
  NumberType type = NumberType::f32;
  const std::byte* a = nullptr;
  const std::byte* b = nullptr;
  std::uint64_t rows = 0, columns = 0;
  float* to = nullptr;
};
void multiply_rows(const RowsOfBoth& rows);

/// Sums times a factor, rounded to f32 and then to the type. `count` is a multiple of 16.
struct ScaledSums {
  const float* sums = nullptr;
  float factor = 1;
  std::uint64_t count = 0;
  NumberType type = NumberType::f32;
  std::byte* to = nullptr;
};
void store_scaled(const ScaledSums& sums);

}  // namespace assay
