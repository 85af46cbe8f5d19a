// Our declarations of cuBLASLt against its own header, where a toolkit is installed.
#include <gtest/gtest.h>

#ifdef ASSAY_CUDA_MODULE
#include <type_traits>

#include <cublasLt.h>

#include "kernels/cuda/cublaslt.h"
#include "kernels/cuda/cudnn.h"
#include "kernels/cuda/cufile.h"
#include "kernels/cuda/nccl.h"
#include "kernels/cuda/optional_libraries.h"
#if __has_include(<cudnn.h>)
#include <cudnn.h>
static_assert(std::is_same_v<assay::cuda::CudnnGetVersion, decltype(cudnnGetVersion)>);
static_assert(CUDNN_VERSION == CUDNN_MAJOR * 10'000 + CUDNN_MINOR * 100 + CUDNN_PATCHLEVEL);
#define ASSAY_HAS_CUDNN
#endif
#if __has_include(<nccl.h>)
#define ASSAY_HAS_NCCL 1
#include <nccl.h>
#endif
#if __has_include(<cufile.h>)
#define ASSAY_HAS_CUFILE
#include <cufile.h>
#endif

namespace assay::cuda {
namespace {

constexpr bool same(int ours, int theirs) {
  return ours == theirs;
}

static_assert(same(lt::k_success, CUBLAS_STATUS_SUCCESS));
static_assert(same(lt::k_not_supported, CUBLAS_STATUS_NOT_SUPPORTED));
static_assert(same(lt::k_arch_mismatch, CUBLAS_STATUS_ARCH_MISMATCH));
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

#ifdef ASSAY_HAS_CUDNN
static_assert(same(dnn::k_success, CUDNN_STATUS_SUCCESS));
static_assert(same(dnn::k_not_supported, CUDNN_STATUS_NOT_SUPPORTED));
static_assert(same(dnn::f32, CUDNN_DATA_FLOAT));
static_assert(same(dnn::s32, CUDNN_DATA_INT32));
static_assert(same(dnn::bf16, CUDNN_DATA_BFLOAT16));
static_assert(same(dnn::boolean, CUDNN_DATA_BOOLEAN));
static_assert(same(dnn::pointwise, CUDNN_BACKEND_POINTWISE_DESCRIPTOR));
static_assert(same(dnn::engine, CUDNN_BACKEND_ENGINE_DESCRIPTOR));
static_assert(same(dnn::engine_config, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR));
static_assert(same(dnn::heuristic, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR));
static_assert(same(dnn::plan, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR));
static_assert(same(dnn::pointwise_op, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR));
static_assert(same(dnn::graph, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR));
static_assert(same(dnn::variant_pack, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR));
static_assert(same(dnn::tensor, CUDNN_BACKEND_TENSOR_DESCRIPTOR));
static_assert(same(dnn::matmul, CUDNN_BACKEND_MATMUL_DESCRIPTOR));
static_assert(same(dnn::matmul_op, CUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR));
static_assert(same(dnn::reduction, CUDNN_BACKEND_REDUCTION_DESCRIPTOR));
static_assert(same(dnn::reduction_op, CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR));
static_assert(same(dnn::handle_type, CUDNN_TYPE_HANDLE));
static_assert(same(dnn::data_type, CUDNN_TYPE_DATA_TYPE));
static_assert(same(dnn::boolean_type, CUDNN_TYPE_BOOLEAN));
static_assert(same(dnn::int64_type, CUDNN_TYPE_INT64));
static_assert(same(dnn::pointer_type, CUDNN_TYPE_VOID_PTR));
static_assert(same(dnn::heuristic_mode_type, CUDNN_TYPE_HEUR_MODE));
static_assert(same(dnn::pointwise_mode_type, CUDNN_TYPE_POINTWISE_MODE));
static_assert(same(dnn::descriptor_type, CUDNN_TYPE_BACKEND_DESCRIPTOR));
static_assert(same(dnn::reduction_mode_type, CUDNN_TYPE_REDUCTION_OPERATOR_TYPE));
static_assert(same(dnn::add, CUDNN_POINTWISE_ADD));
static_assert(same(dnn::multiply, CUDNN_POINTWISE_MUL));
static_assert(same(dnn::divide, CUDNN_POINTWISE_DIV));
static_assert(same(dnn::subtract, CUDNN_POINTWISE_SUB));
static_assert(same(dnn::exp, CUDNN_POINTWISE_EXP));
static_assert(same(dnn::log, CUDNN_POINTWISE_LOG));
static_assert(same(dnn::at_least, CUDNN_POINTWISE_CMP_GE));
static_assert(same(dnn::index_along, CUDNN_POINTWISE_GEN_INDEX));
static_assert(same(dnn::select, CUDNN_POINTWISE_BINARY_SELECT));
static_assert(same(dnn::sum, CUDNN_REDUCE_TENSOR_ADD));
static_assert(same(dnn::maximum, CUDNN_REDUCE_TENSOR_MAX));
static_assert(same(dnn::k_heuristic_a, CUDNN_HEUR_MODE_A));
static_assert(same(dnn::pointwise_mode, CUDNN_ATTR_POINTWISE_MODE));
static_assert(same(dnn::pointwise_type, CUDNN_ATTR_POINTWISE_MATH_PREC));
static_assert(same(dnn::pointwise_axis, CUDNN_ATTR_POINTWISE_AXIS));
static_assert(same(dnn::heuristic_mode, CUDNN_ATTR_ENGINEHEUR_MODE));
static_assert(same(dnn::heuristic_graph, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH));
static_assert(same(dnn::heuristic_results, CUDNN_ATTR_ENGINEHEUR_RESULTS));
static_assert(same(dnn::config_engine, CUDNN_ATTR_ENGINECFG_ENGINE));
static_assert(same(dnn::plan_handle, CUDNN_ATTR_EXECUTION_PLAN_HANDLE));
static_assert(same(dnn::plan_config, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG));
static_assert(same(dnn::plan_workspace_bytes, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE));
static_assert(same(dnn::pointwise_op_is, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR));
static_assert(same(dnn::pointwise_op_x, CUDNN_ATTR_OPERATION_POINTWISE_XDESC));
static_assert(same(dnn::pointwise_op_b, CUDNN_ATTR_OPERATION_POINTWISE_BDESC));
static_assert(same(dnn::pointwise_op_y, CUDNN_ATTR_OPERATION_POINTWISE_YDESC));
static_assert(same(dnn::pointwise_op_t, CUDNN_ATTR_OPERATION_POINTWISE_TDESC));
static_assert(same(dnn::graph_handle, CUDNN_ATTR_OPERATIONGRAPH_HANDLE));
static_assert(same(dnn::graph_ops, CUDNN_ATTR_OPERATIONGRAPH_OPS));
static_assert(same(dnn::tensor_alignment, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT));
static_assert(same(dnn::tensor_type, CUDNN_ATTR_TENSOR_DATA_TYPE));
static_assert(same(dnn::tensor_dimensions, CUDNN_ATTR_TENSOR_DIMENSIONS));
static_assert(same(dnn::tensor_strides, CUDNN_ATTR_TENSOR_STRIDES));
static_assert(same(dnn::tensor_id, CUDNN_ATTR_TENSOR_UNIQUE_ID));
static_assert(same(dnn::tensor_is_virtual, CUDNN_ATTR_TENSOR_IS_VIRTUAL));
static_assert(same(dnn::tensor_is_by_value, CUDNN_ATTR_TENSOR_IS_BY_VALUE));
static_assert(same(dnn::pack_ids, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS));
static_assert(same(dnn::pack_pointers, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS));
static_assert(same(dnn::pack_workspace, CUDNN_ATTR_VARIANT_PACK_WORKSPACE));
static_assert(same(dnn::engine_index, CUDNN_ATTR_ENGINE_GLOBAL_INDEX));
static_assert(same(dnn::matmul_type, CUDNN_ATTR_MATMUL_COMP_TYPE));
static_assert(same(dnn::matmul_op_a, CUDNN_ATTR_OPERATION_MATMUL_ADESC));
static_assert(same(dnn::matmul_op_b, CUDNN_ATTR_OPERATION_MATMUL_BDESC));
static_assert(same(dnn::matmul_op_c, CUDNN_ATTR_OPERATION_MATMUL_CDESC));
static_assert(same(dnn::matmul_op_is, CUDNN_ATTR_OPERATION_MATMUL_DESC));
static_assert(same(dnn::reduction_mode, CUDNN_ATTR_REDUCTION_OPERATOR));
static_assert(same(dnn::reduction_type, CUDNN_ATTR_REDUCTION_COMP_TYPE));
static_assert(same(dnn::reduction_op_x, CUDNN_ATTR_OPERATION_REDUCTION_XDESC));
static_assert(same(dnn::reduction_op_y, CUDNN_ATTR_OPERATION_REDUCTION_YDESC));
static_assert(same(dnn::reduction_op_is, CUDNN_ATTR_OPERATION_REDUCTION_DESC));
static_assert(std::is_same_v<dnn::Descriptor, cudnnBackendDescriptor_t>);
static_assert(sizeof(cudnnBackendAttributeName_t) == sizeof(int) &&
              sizeof(cudnnBackendAttributeType_t) == sizeof(int) &&
              sizeof(cudnnBackendDescriptorType_t) == sizeof(int) &&
              sizeof(cudnnPointwiseMode_t) == sizeof(int) &&
              sizeof(cudnnReduceTensorOp_t) == sizeof(int) &&
              sizeof(cudnnBackendHeurMode_t) == sizeof(int) &&
              sizeof(cudnnDataType_t) == sizeof(int) && sizeof(cudnnStatus_t) == sizeof(int));
#endif

// Ours as a function gives theirs would be called with: enumerations and handles of one size, in
// one order. What is passed by address is compared member by member below.
template <class Ours, class Theirs>
inline constexpr bool k_same_struct = false;
#ifdef ASSAY_HAS_NCCL
template <>
inline constexpr bool k_same_struct<nccl::UniqueId, ncclUniqueId> = true;
template <>
inline constexpr bool k_same_struct<nccl::Config, ncclConfig_t> = true;
#endif
#ifdef ASSAY_HAS_CUFILE
template <>
inline constexpr bool k_same_struct<cufile::Status, CUfileError_t> = true;
template <>
inline constexpr bool k_same_struct<cufile::Properties, CUfileDrvProps_t> = true;
template <>
inline constexpr bool k_same_struct<cufile::Description, CUfileDescr_t> = true;
#endif
template <class Ours, class Theirs>
constexpr bool alike() {
  if constexpr (std::is_same_v<Ours, Theirs>) {
    return true;
  } else if constexpr (std::is_pointer_v<Ours> && std::is_pointer_v<Theirs>) {
    return alike<std::remove_pointer_t<Ours>, std::remove_pointer_t<Theirs>>();
  } else if constexpr (std::is_enum_v<Theirs>) {
    return sizeof(Ours) == sizeof(Theirs);
  }
  return k_same_struct<Ours, Theirs>;
}

template <class Result, class... Ours, class TheirResult, class... Theirs>
constexpr bool is_called_alike(Result (*)(Ours...), TheirResult (*)(Theirs...)) {
  if constexpr (sizeof...(Ours) == sizeof...(Theirs)) {
    return alike<Result, TheirResult>() && (alike<Ours, Theirs>() && ...);
  }
  return false;
}
template <class Ours, class Theirs>
constexpr bool agrees(Theirs theirs) {
  return is_called_alike(static_cast<Ours*>(nullptr), theirs);
}

#ifdef ASSAY_HAS_NCCL
static_assert(NCCL_VERSION(2, 28, 9) == 22'809 && NCCL_VERSION(2, 8, 4) < 10'000);
static_assert(same(nccl::k_success, ncclSuccess) && same(nccl::k_remote_error, ncclRemoteError));
static_assert(same(nccl::k_in_progress, ncclInProgress));
static_assert(same(nccl::k_int64, ncclInt64) && same(nccl::k_float32, ncclFloat32) &&
              same(nccl::k_bfloat16, ncclBfloat16));
static_assert(same(nccl::k_sum, ncclSum) && same(nccl::k_max, ncclMax));
static_assert(std::is_same_v<nccl::Comm, ncclComm_t>);
static_assert(sizeof(nccl::UniqueId) == sizeof(ncclUniqueId));

static_assert(agrees<nccl::GetVersion>(&ncclGetVersion));
static_assert(agrees<nccl::GetUniqueId>(&ncclGetUniqueId));
static_assert(agrees<nccl::CommInitRankConfig>(&ncclCommInitRankConfig));
static_assert(agrees<nccl::CommFinalize>(&ncclCommFinalize));
static_assert(agrees<nccl::CommDestroy>(&ncclCommDestroy));
static_assert(agrees<nccl::CommAbort>(&ncclCommAbort));
static_assert(agrees<nccl::CommGetAsyncError>(&ncclCommGetAsyncError));
static_assert(agrees<nccl::GetErrorString>(&ncclGetErrorString));
static_assert(agrees<nccl::GetLastError>(&ncclGetLastError));
static_assert(agrees<nccl::AllReduce>(&ncclAllReduce));
static_assert(agrees<nccl::ReduceScatter>(&ncclReduceScatter));
static_assert(agrees<nccl::AllGather>(&ncclAllGather));
static_assert(agrees<nccl::Broadcast>(&ncclBroadcast));
static_assert(agrees<nccl::Send>(&ncclSend));
static_assert(agrees<nccl::Recv>(&ncclRecv));
static_assert(agrees<nccl::GroupStart>(&ncclGroupStart));
static_assert(agrees<nccl::GroupEnd>(&ncclGroupEnd));
static_assert(!agrees<nccl::AllGather>(&ncclAllReduce), "the comparison can fail");

#if NCCL_VERSION_CODE >= 22'800 && NCCL_VERSION_CODE < 22'900
static_assert(sizeof(nccl::Config) == sizeof(ncclConfig_t));
#define ASSAY_SAME_PLACE(ours, theirs) \
  static_assert(offsetof(nccl::Config, ours) == offsetof(ncclConfig_t, theirs))
ASSAY_SAME_PLACE(magic, magic);
ASSAY_SAME_PLACE(version, version);
ASSAY_SAME_PLACE(blocking, blocking);
ASSAY_SAME_PLACE(cga_cluster_size, cgaClusterSize);
ASSAY_SAME_PLACE(min_ctas, minCTAs);
ASSAY_SAME_PLACE(max_ctas, maxCTAs);
ASSAY_SAME_PLACE(net_name, netName);
ASSAY_SAME_PLACE(split_share, splitShare);
ASSAY_SAME_PLACE(traffic_class, trafficClass);
ASSAY_SAME_PLACE(comm_name, commName);
ASSAY_SAME_PLACE(collnet_enable, collnetEnable);
ASSAY_SAME_PLACE(cta_policy, CTAPolicy);
ASSAY_SAME_PLACE(shrink_share, shrinkShare);
ASSAY_SAME_PLACE(nvls_ctas, nvlsCTAs);
ASSAY_SAME_PLACE(channels_per_net_peer, nChannelsPerNetPeer);
ASSAY_SAME_PLACE(nvlink_centric_sched, nvlinkCentricSched);

TEST(CudaDeclarations, OfNcclsConfigurationBeginAsItsInitializerDoes) {
  const ncclConfig_t theirs = NCCL_CONFIG_INITIALIZER;
  const nccl::Config ours;
  EXPECT_EQ(ours.size, theirs.size);
  EXPECT_EQ(ours.magic, theirs.magic);
  EXPECT_GE(ours.version, 22'800U);
  EXPECT_EQ(ours.blocking, theirs.blocking);
  EXPECT_EQ(ours.net_name, theirs.netName);
  EXPECT_EQ(ours.nvlink_centric_sched, theirs.nvlinkCentricSched);
}
#endif
#endif

#ifdef ASSAY_HAS_CUFILE
static_assert(same(cufile::k_success, CU_FILE_SUCCESS));
static_assert(same(cufile::k_no_driver, CU_FILE_DRIVER_NOT_INITIALIZED));
static_assert(same(cufile::k_driver_mismatch, CU_FILE_DRIVER_VERSION_MISMATCH));
static_assert(same(cufile::k_driver_unread, CU_FILE_DRIVER_VERSION_READ_ERROR));
static_assert(same(cufile::k_no_platform, CU_FILE_PLATFORM_NOT_SUPPORTED));
static_assert(same(cufile::k_no_file, CU_FILE_IO_NOT_SUPPORTED));
static_assert(same(cufile::k_no_device, CU_FILE_DEVICE_NOT_SUPPORTED));
static_assert(same(cufile::k_cuda_error, CU_FILE_CUDA_DRIVER_ERROR));
static_assert(same(cufile::k_internal_error, CU_FILE_INTERNAL_ERROR));
static_assert(same(cufile::k_linux_descriptor, CU_FILE_HANDLE_TYPE_OPAQUE_FD));
static_assert(cufile::k_allows_compat_bit == CU_FILE_ALLOW_COMPAT_MODE);
static_assert(sizeof(cufile::Status) == sizeof(CUfileError_t));
static_assert(offsetof(cufile::Status, cuda_error) == offsetof(CUfileError_t, cu_err));
static_assert(sizeof(cufile::Description) == sizeof(CUfileDescr_t));
static_assert(offsetof(cufile::Description, file) == offsetof(CUfileDescr_t, handle));
static_assert(offsetof(cufile::Description, operations) == offsetof(CUfileDescr_t, fs_ops));
static_assert(sizeof(cufile::Properties) >= sizeof(CUfileDrvProps_t));
static_assert(sizeof(cufile::DriverFacts) == sizeof(CUfileDrvProps_t::nvfs));
static_assert(offsetof(cufile::Properties, driver.control_flags) ==
              offsetof(CUfileDrvProps_t, nvfs.dcontrolflags));
static_assert(offsetof(cufile::Properties, others) == offsetof(CUfileDrvProps_t, fflags));
static_assert(std::is_same_v<cufile::Handle, CUfileHandle_t>);
static_assert(agrees<cufile::DriverOpen>(&cuFileDriverOpen));
static_assert(agrees<cufile::DriverClose>(&cuFileDriverClose));
static_assert(agrees<cufile::DriverGetProperties>(&cuFileDriverGetProperties));
static_assert(agrees<cufile::HandleRegister>(&cuFileHandleRegister));
static_assert(agrees<cufile::HandleDeregister>(&cuFileHandleDeregister));
static_assert(agrees<cufile::BufRegister>(&cuFileBufRegister));
static_assert(agrees<cufile::BufDeregister>(&cuFileBufDeregister));
static_assert(agrees<cufile::Read>(&cuFileRead));
static_assert(agrees<cufile::Write>(&cuFileWrite));
static_assert(!agrees<cufile::Read>(&cuFileWrite), "the comparison can fail");
#if CUDA_VERSION >= 13000
static_assert(same(cufile::allow_compat_mode, CUFILE_PARAM_PROPERTIES_ALLOW_COMPAT_MODE));
static_assert(same(cufile::force_compat_mode, CUFILE_PARAM_FORCE_COMPAT_MODE));
static_assert(agrees<cufile::GetVersion>(&cuFileGetVersion));
static_assert(agrees<cufile::GetParameterBool>(&cuFileGetParameterBool));
#endif
#endif

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
