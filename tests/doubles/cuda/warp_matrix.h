// Stands in for the PTX of kernels/cuda/warp_matrix.h, on an emulated device: functions of the same
// names, which end the process with a sentence where hardware would only be slow, or wrong at
// times.
#pragma once

#include <cstdint>

#define ASSAY_WARP_MATRIX

namespace assay::cuda {

/// Nothing is copied before await_copies().
void copy_async(void* shared, const void* from, bool there);
void await_copies();

// NOLINTBEGIN(modernize-avoid-c-arrays): as in kernels/cuda/warp_matrix.h
/// Rows of one matrix must lie in different banks.
void load_matrices(std::uint32_t (&to)[4], const void* row);
void load_transposed(std::uint32_t (&to)[4], const void* row);

/// Adds as the machine's tensor cores do.
void multiply_add(float (&d)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1);
// NOLINTEND(modernize-avoid-c-arrays)

[[nodiscard]] std::uint32_t two_as_bf16(float low, float high);
[[nodiscard]] std::uint32_t low_halves(std::uint32_t low, std::uint32_t high);
[[nodiscard]] std::uint32_t high_halves(std::uint32_t low, std::uint32_t high);
[[nodiscard]] float about_power_of_two(float x);

}  // namespace assay::cuda
