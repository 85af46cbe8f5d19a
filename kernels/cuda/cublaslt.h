// cuBLASLt as this module uses it: own declarations, functions found at run time.
//
// Values as in cublasLt.h of CUDA 12.8 and later; tests/kernels/cuda_declarations.cpp compares them
// with the header where a toolkit is installed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "harness/model/result.h"
#include "kernels/cuda/runtime.h"

namespace assay::cuda {

namespace lt {

inline constexpr int k_success = 0;
inline constexpr int k_arch_mismatch = 8;
inline constexpr int k_not_supported = 15;

enum DataType : int {
  r32f = 0,
  r64f = 1,
  r16f = 2,
  r8i = 3,
  r32i = 10,
  r16bf = 14,
  r8f_e4m3 = 28,
  r8f_e5m2 = 29,
  r4f_e2m1 = 33
};
/// Those that compute in the type they say; CUDA 13 has emulating ones beside them (78, 79).
enum ComputeType : int { c32f = 68, c64f = 70, c32i = 72, c32f_fast_tf32 = 77 };
enum Operation : int { op_n = 0, op_t = 1 };
enum DescAttribute : int {
  desc_trans_a = 3,
  desc_trans_b = 4,
  desc_scale_a = 17,  ///< A pointer to device memory.
  desc_scale_b = 18,
  desc_fast_accum = 25,
  desc_scale_mode_a = 31,
  desc_scale_mode_b = 32
};
/// One scale for each block of a row: 16 elements and UE4M3, 32 and UE8M0.
enum ScaleMode : std::int32_t { vec16_ue4m3 = 1, vec32_ue8m0 = 2 };
enum PreferenceAttribute : int {
  pref_workspace_bytes = 1,
  pref_reduction_mask = 3,
  pref_alignment_a = 5,
  pref_alignment_b = 6
};
enum AlgoAttribute : int {
  algo_id = 0,
  algo_tile = 1,
  algo_split_k = 2,
  algo_reduction = 3,
  algo_stages = 6,
  algo_cluster = 8
};
/// How the parts of a split sum are added: in_place and output_type round them to the output's
/// type.
enum Reduction : std::uint32_t { none = 0, in_place = 1, compute_type = 2, output_type = 4 };

using Handle = struct HandleOpaque*;
using Desc = struct DescOpaque*;
using Layout = struct LayoutOpaque*;
using Preference = struct PreferenceOpaque*;

struct Algo {
  std::array<std::uint64_t, 8> data;
};
struct Heuristic {
  Algo algo;
  std::size_t workspace;
  int state;
  float waves;
  std::array<int, 4> reserved;
};

}  // namespace lt

/// The functions, each as in cublasLt.h without its prefix. They return a cublasStatus_t.
struct CublasLt {
  std::size_t (*get_version)();
  int (*create)(lt::Handle* handle);
  int (*destroy)(lt::Handle handle);
  int (*desc_create)(lt::Desc* desc, int compute, int scale);
  int (*desc_destroy)(lt::Desc desc);
  int (*desc_set)(lt::Desc desc, int attribute, const void* value, std::size_t bytes);
  int (*layout_create)(lt::Layout* layout, int type, std::uint64_t rows, std::uint64_t columns,
                       std::int64_t leading);
  int (*layout_destroy)(lt::Layout layout);
  int (*preference_create)(lt::Preference* preference);
  int (*preference_destroy)(lt::Preference preference);
  int (*preference_set)(lt::Preference preference, int attribute, const void* value,
                        std::size_t bytes);
  int (*heuristics)(lt::Handle handle, lt::Desc desc, lt::Layout a, lt::Layout b, lt::Layout c,
                    lt::Layout d, lt::Preference preference, int wanted, lt::Heuristic* results,
                    int* found);
  int (*algo_get)(const lt::Algo* algo, int attribute, void* value, std::size_t bytes,
                  std::size_t* written);
  int (*matmul)(lt::Handle handle, lt::Desc desc, const void* alpha, const void* a,
                lt::Layout a_layout, const void* b, lt::Layout b_layout, const void* beta,
                const void* c, lt::Layout c_layout, void* d, lt::Layout d_layout,
                const lt::Algo* algo, void* workspace, std::size_t workspace_bytes,
                cudaStream_t stream);
  std::string file;     ///< "libcublasLt.so.13"
  std::string version;  ///< "13.1.0"
};

/// Loads it. Fails with unsupported if it is missing, lacks a function or is older than 12.8.
[[nodiscard]] Result<CublasLt> load_cublaslt();

/// Fails with unsupported where the library has no such product, or none for this device; as
/// check() does where the device says so itself; with io else: a library's word loses no device.
[[nodiscard]] Result<Done> check_lt(int status, const std::string& call);

}  // namespace assay::cuda
