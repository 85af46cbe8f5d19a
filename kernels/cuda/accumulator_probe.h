// How many bits of a sum the device's tensor cores keep, measured.
#pragma once

#include "kernels/backend.h"
#include "kernels/cuda/cublaslt.h"

namespace assay::cuda {

/// The t <= 24 up to which sums of fp8 products below 2^t are kept exactly: a small product whose
/// rows add up to 2^p + 1, p = 8 .. 23, with the 1 early, right after and one step after the rest;
/// t is the least p of which a row lost its 1. The library chooses the algorithm: that of another
/// shape may add up its steps elsewhere, so this is a measurement of this product only.
/// 0 if not even 2^8 + 1 comes out: what is wrong there is no matter of bits, and for the checks.
/// Precondition: is_fp8_product(input). Fails with unsupported without such a product.
[[nodiscard]] Result<unsigned> measure_fp8_bits(const CublasLt& lt, NumberType input,
                                                cudaStream_t stream);

}  // namespace assay::cuda
