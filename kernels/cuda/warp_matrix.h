// What tensor cores, and the copies that feed them, are told in words that C++ doesn't have: PTX.
//
// As with the macros of runtime.h, a compiler without CUDA finds these functions in another
// <cuda_runtime.h>: tests/doubles/cuda/warp_matrix.h, which checks what hardware lets pass. Lanes
// count as PTX has it: lane l is group g = l / 4, t = l % 4 in it. All 32 call each function but
// the copies at once.
#pragma once

#include <bit>
#include <cstdint>

#include "kernels/cuda/runtime.h"

namespace assay::cuda {

/// One access of a thread: eight numbers of 16 bits, two in a word.
struct alignas(16) Sixteen {
  std::uint32_t words[4];  // NOLINT(modernize-avoid-c-arrays): device code
};

/// Of eight numbers in bf16 number i.
__device__ inline float bf16_number(const Sixteen& chunk, unsigned i) {
  const std::uint32_t word = chunk.words[i / 2];
  return std::bit_cast<float>(i % 2 == 0 ? word << 16U : word & 0xffff'0000U);
}

}  // namespace assay::cuda

#ifndef ASSAY_WARP_MATRIX

namespace assay::cuda {

/// Sixteen bytes on their way to shared memory, or zeros: theirs only after await_copies() and a
/// barrier. Both are aligned to 16 bytes; `from` is readable whatever `there` says.
__device__ inline void copy_async(Sixteen* shared, const Sixteen* from, bool there) {
  const auto to = static_cast<std::uint32_t>(__cvta_generic_to_shared(shared));
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from),
               "r"(there ? 16 : 0)
               : "memory");
}

/// Of this thread, all of them.
__device__ inline void await_copies() {
  asm volatile("cp.async.wait_all;" ::: "memory");
}

/// Four 8 x 8 matrices of 16-bit elements. Lane l gives row l % 8 of matrix l / 8 and gets elements
/// 2t and 2t + 1 of row g of each.
__device__ inline void load_matrices(std::uint32_t (&to)[4], const Sixteen* row) {
  const auto from = static_cast<std::uint32_t>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(from)
               : "memory");
}

/// The same, and gets elements g of rows 2t and 2t + 1.
__device__ inline void load_transposed(std::uint32_t (&to)[4], const Sixteen* row) {
  const auto from = static_cast<std::uint32_t>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(from)
               : "memory");
}

/// D += A B, 16 x 8 in f32, A 16 x 16 and B 16 x 8 in bf16. Of A a lane has rows g (words 0, 2) and
/// g + 8 (1, 3), columns 2t and 2t + 1 (0, 1), 8 on (2, 3); of B column g, the same rows; of D rows
/// g and g + 8, columns 2t and 2t + 1.
__device__ inline void multiply_add(float (&d)[4], const std::uint32_t (&a)[4], std::uint32_t b0,
                                    std::uint32_t b1) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/// Both rounded to bf16, to nearest with ties to even; `low` in the low half.
__device__ inline std::uint32_t two_as_bf16(float low, float high) {
  std::uint32_t both = 0;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
  return both;
}

/// The low halves of both words, or the high halves: `low` in the low half.
__device__ inline std::uint32_t low_halves(std::uint32_t low, std::uint32_t high) {
  return __byte_perm(low, high, 0x5410);
}
__device__ inline std::uint32_t high_halves(std::uint32_t low, std::uint32_t high) {
  return __byte_perm(low, high, 0x7632);
}

/// About 2^x: its relative error is at most 2^-22; 2^0 is 1 (PTX ISA, ex2.approx.ftz.f32).
__device__ inline float about_power_of_two(float x) {
  float power = 0;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(power) : "f"(x));
  return power;
}

}  // namespace assay::cuda

#endif
