// NCCL by own declarations, loaded at run time: its header isn't needed to build, nor the library
// to start. Values are those of nccl.h 2.28.9; tests compare them with it where it is installed.
#pragma once

#include <climits>
#include <cstddef>
#include <cstdint>
#include <string>

#include "harness/model/result.h"
#include "kernels/cuda/runtime.h"

struct ncclComm;  // NOLINT(readability-identifier-naming): NCCL's name

namespace assay::cuda {

namespace nccl {

using Comm = ::ncclComm*;

struct UniqueId {
  char internal[128];  // NOLINT(modernize-avoid-c-arrays): as in NCCL's header
};

// Results, types and operations are enumerations of C: ints.
inline constexpr int k_success = 0;
inline constexpr int k_remote_error = 6;
inline constexpr int k_in_progress = 7;
inline constexpr int k_int64 = 4;
inline constexpr int k_float32 = 7;
inline constexpr int k_bfloat16 = 9;
inline constexpr int k_sum = 0;
inline constexpr int k_max = 2;

/// An older library takes its shorter beginning of it, a newer one sets what it lacks by `version`.
struct Config {
  std::size_t size = sizeof(Config);
  unsigned magic = 0xcafebeef;
  unsigned version = 22'809;
  int blocking = INT_MIN;
  int cga_cluster_size = INT_MIN;
  int min_ctas = INT_MIN;
  int max_ctas = INT_MIN;
  const char* net_name = nullptr;
  int split_share = INT_MIN;
  int traffic_class = INT_MIN;
  const char* comm_name = nullptr;
  int collnet_enable = INT_MIN;
  int cta_policy = INT_MIN;
  int shrink_share = INT_MIN;
  int nvls_ctas = INT_MIN;
  int channels_per_net_peer = INT_MIN;
  int nvlink_centric_sched = INT_MIN;
};

using GetVersion = int(int* version);
using GetUniqueId = int(UniqueId* id);
using CommInitRankConfig = int(Comm* comm, int ranks, UniqueId id, int rank, Config* config);
using CommFinalize = int(Comm comm);
using CommDestroy = int(Comm comm);
using CommAbort = int(Comm comm);
using CommGetAsyncError = int(Comm comm, int* error);
using GetErrorString = const char*(int result);
using GetLastError = const char*(Comm comm);
using AllReduce = int(const void* from, void* to, std::size_t count, int type, int op, Comm comm,
                      cudaStream_t stream);
using ReduceScatter = int(const void* from, void* to, std::size_t count, int type, int op,
                          Comm comm, cudaStream_t stream);
using AllGather = int(const void* from, void* to, std::size_t count, int type, Comm comm,
                      cudaStream_t stream);
using Broadcast = int(const void* from, void* to, std::size_t count, int type, int root, Comm comm,
                      cudaStream_t stream);
using Send = int(const void* from, std::size_t count, int type, int peer, Comm comm,
                 cudaStream_t stream);
using Recv = int(void* to, std::size_t count, int type, int peer, Comm comm, cudaStream_t stream);
using GroupStart = int();
using GroupEnd = int();

}  // namespace nccl

/// The functions of the library that was found.
struct Nccl {
  std::string version;  ///< "2.28.9"
  nccl::GetUniqueId* get_unique_id = nullptr;
  nccl::CommInitRankConfig* comm_init_rank_config = nullptr;
  nccl::CommFinalize* comm_finalize = nullptr;
  nccl::CommDestroy* comm_destroy = nullptr;
  nccl::CommAbort* comm_abort = nullptr;
  nccl::CommGetAsyncError* comm_get_async_error = nullptr;
  nccl::GetErrorString* get_error_string = nullptr;
  nccl::GetLastError* get_last_error = nullptr;
  nccl::AllReduce* all_reduce = nullptr;
  nccl::ReduceScatter* reduce_scatter = nullptr;
  nccl::AllGather* all_gather = nullptr;
  nccl::Broadcast* broadcast = nullptr;
  nccl::Send* send = nullptr;
  nccl::Recv* recv = nullptr;
  nccl::GroupStart* group_start = nullptr;
  nccl::GroupEnd* group_end = nullptr;
};

/// Fails with unsupported, naming the file, if it is not there, too old, too new, or lacks a
/// function.
[[nodiscard]] Result<Nccl> load_nccl();

}  // namespace assay::cuda
