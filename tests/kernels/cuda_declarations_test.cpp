// Our declarations of cuBLASLt against its own header, where a toolkit is installed.
#include <gtest/gtest.h>

#ifdef ASSAY_CUDA_MODULE
#include <type_traits>

#include <cublasLt.h>

#include "kernels/cuda/cublaslt.h"
#include "kernels/cuda/optional_libraries.h"
#if __has_include(<cudnn.h>)
#include <cudnn.h>
static_assert(std::is_same_v<assay::cuda::CudnnGetVersion, decltype(cudnnGetVersion)>);
static_assert(CUDNN_VERSION == CUDNN_MAJOR * 10'000 + CUDNN_MINOR * 100 + CUDNN_PATCHLEVEL);
#endif
#if __has_include(<nccl.h>)
#include <nccl.h>
static_assert(std::is_invocable_r_v<ncclResult_t, decltype(ncclGetVersion), int*>);
static_assert(sizeof(ncclResult_t) == sizeof(int) && ncclSuccess == 0);
static_assert(NCCL_VERSION(2, 28, 9) == 22'809 && NCCL_VERSION(2, 8, 4) < 10'000);
#endif

namespace assay::cuda {
namespace {

constexpr bool same(int ours, int theirs) {
  return ours == theirs;
}

static_assert(same(lt::k_success, CUBLAS_STATUS_SUCCESS));
static_assert(same(lt::k_not_supported, CUBLAS_STATUS_NOT_SUPPORTED));
static_assert(same(lt::r32f, CUDA_R_32F) && same(lt::r64f, CUDA_R_64F) &&
              same(lt::r16f, CUDA_R_16F));
static_assert(same(lt::r8i, CUDA_R_8I) && same(lt::r32i, CUDA_R_32I) &&
              same(lt::r16bf, CUDA_R_16BF));
static_assert(same(lt::r8f_e4m3, CUDA_R_8F_E4M3) && same(lt::r8f_e5m2, CUDA_R_8F_E5M2));
static_assert(same(lt::r4f_e2m1, CUDA_R_4F_E2M1));
static_assert(same(lt::c32f, CUBLAS_COMPUTE_32F) && same(lt::c64f, CUBLAS_COMPUTE_64F));
static_assert(same(lt::c32i, CUBLAS_COMPUTE_32I));
static_assert(same(lt::c32f_fast_tf32, CUBLAS_COMPUTE_32F_FAST_TF32));
static_assert(same(lt::op_n, CUBLAS_OP_N) && same(lt::op_t, CUBLAS_OP_T));
static_assert(same(lt::desc_trans_a, CUBLASLT_MATMUL_DESC_TRANSA));
static_assert(same(lt::desc_trans_b, CUBLASLT_MATMUL_DESC_TRANSB));
static_assert(same(lt::desc_fast_accum, CUBLASLT_MATMUL_DESC_FAST_ACCUM));
static_assert(same(lt::desc_scale_a, CUBLASLT_MATMUL_DESC_A_SCALE_POINTER));
static_assert(same(lt::desc_scale_b, CUBLASLT_MATMUL_DESC_B_SCALE_POINTER));
static_assert(same(lt::desc_scale_mode_a, CUBLASLT_MATMUL_DESC_A_SCALE_MODE));
static_assert(same(lt::desc_scale_mode_b, CUBLASLT_MATMUL_DESC_B_SCALE_MODE));
static_assert(same(lt::vec16_ue4m3, CUBLASLT_MATMUL_MATRIX_SCALE_VEC16_UE4M3));
static_assert(same(lt::vec32_ue8m0, CUBLASLT_MATMUL_MATRIX_SCALE_VEC32_UE8M0));
static_assert(same(lt::pref_workspace_bytes, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES));
static_assert(same(lt::pref_reduction_mask, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK));
static_assert(same(lt::pref_alignment_a, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES));
static_assert(same(lt::pref_alignment_b, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES));
static_assert(same(lt::algo_id, CUBLASLT_ALGO_CONFIG_ID));
static_assert(same(lt::algo_tile, CUBLASLT_ALGO_CONFIG_TILE_ID));
static_assert(same(lt::algo_split_k, CUBLASLT_ALGO_CONFIG_SPLITK_NUM));
static_assert(same(lt::algo_reduction, CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME));
static_assert(same(lt::algo_stages, CUBLASLT_ALGO_CONFIG_STAGES_ID));
static_assert(same(lt::algo_cluster, CUBLASLT_ALGO_CONFIG_CLUSTER_SHAPE_ID));
static_assert(same(lt::in_place, CUBLASLT_REDUCTION_SCHEME_INPLACE));
static_assert(same(lt::compute_type, CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
static_assert(same(lt::output_type, CUBLASLT_REDUCTION_SCHEME_OUTPUT_TYPE));
static_assert(sizeof(lt::Algo) == sizeof(cublasLtMatmulAlgo_t));
static_assert(sizeof(lt::Heuristic) == sizeof(cublasLtMatmulHeuristicResult_t));
static_assert(offsetof(lt::Heuristic, workspace) ==
              offsetof(cublasLtMatmulHeuristicResult_t, workspaceSize));
static_assert(offsetof(lt::Heuristic, state) == offsetof(cublasLtMatmulHeuristicResult_t, state));

TEST(CudaDeclarations, AreThoseOfTheHeader) {
  EXPECT_GE(CUBLAS_VERSION, 120'800);  // The values above were compared when this was compiled.
}

}  // namespace
}  // namespace assay::cuda
#else
TEST(CudaDeclarations, AreThoseOfTheHeader) {
  GTEST_SKIP() << "no CUDA toolkit: there is no header to compare with";
}
#endif
