// assay-mpi.so: the collectives of the MPI it was built with.
#include <mpi.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/mpi/mpi_interface.h"

namespace {

MPI_Comm g_ranks = MPI_COMM_NULL;  // the one in use; a process takes part in one at a time
int g_rank = 0;                    // in it
MPI_Op g_bf16_sum = MPI_OP_NULL;

float from_bf16(std::uint16_t bits) {
  const std::uint32_t wide = std::uint32_t{bits} << 16U;
  float value = 0;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

/// To nearest, ties to even. Sums of operands are exact; others only show that they are wrong.
std::uint16_t to_bf16(float value) {
  std::uint32_t wide = 0;
  std::memcpy(&wide, &value, sizeof wide);
  return static_cast<std::uint16_t>((wide + 0x7fffU + ((wide >> 16U) & 1U)) >> 16U);
}

/// MPI has no type of bf16, so its sums are ours; which ranks add what stays the library's.
// NOLINTNEXTLINE(readability-non-const-parameter): an MPI_User_function
void add_bf16(void* in, void* in_and_out, int* count, MPI_Datatype* /*type*/) {
  const auto* const terms = static_cast<const std::uint16_t*>(in);
  auto* const sums = static_cast<std::uint16_t*>(in_and_out);
  for (int i = 0; i < *count; ++i) {
    sums[i] = to_bf16(from_bf16(terms[i]) + from_bf16(sums[i]));
  }
}

int join(int* rank, int* ranks) {
  int level = 0;
  if (const int code = MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SINGLE, &level)) {
    return code;
  }
  if (const int code = MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN)) {
    return code;
  }
  if (const int code = MPI_Op_create(add_bf16, 1, &g_bf16_sum)) {
    return code;
  }
  if (const int code = MPI_Comm_rank(MPI_COMM_WORLD, rank)) {
    return code;
  }
  return MPI_Comm_size(MPI_COMM_WORLD, ranks);
}

int order(int key, int* rank) {
  if (g_ranks != MPI_COMM_NULL) {
    if (const int code = MPI_Comm_free(&g_ranks)) {
      return code;
    }
  }
  if (const int code = MPI_Comm_split(MPI_COMM_WORLD, 0, key, &g_ranks)) {
    return code;
  }
  const int code = MPI_Comm_rank(g_ranks, &g_rank);
  *rank = g_rank;
  return code;
}

int meet() {
  return MPI_Barrier(g_ranks);
}

int agree(int64_t* value) {
  return MPI_Bcast(value, 1, MPI_INT64_T, 0, g_ranks);
}

int send_and_receive(const AssayMpiCall& what, MPI_Datatype type) {
  const int count = static_cast<int>(what.count);
  if (what.from == ASSAY_MPI_NOBODY) {
    return what.to == ASSAY_MPI_NOBODY ? MPI_SUCCESS
                                       : MPI_Send(what.in, count, type, what.to, 0, g_ranks);
  }
  if (what.to == ASSAY_MPI_NOBODY) {
    return MPI_Recv(what.out, count, type, what.from, 0, g_ranks, MPI_STATUS_IGNORE);
  }
  return MPI_Sendrecv(what.in, count, type, what.to, 0, what.out, count, type, what.from, 0,
                      g_ranks, MPI_STATUS_IGNORE);
}

int call(const AssayMpiCall* what) {
  const bool is_f32 = what->type == ASSAY_MPI_F32;
  const MPI_Datatype type = is_f32                          ? MPI_FLOAT
                            : what->type == ASSAY_MPI_BYTES ? MPI_BYTE
                                                            : MPI_UINT16_T;
  const MPI_Op sum = is_f32 ? MPI_SUM : g_bf16_sum;
  const int count = static_cast<int>(what->count);
  const void* const in = what->in == nullptr ? MPI_IN_PLACE : what->in;
  switch (what->op) {
    case ASSAY_MPI_ALL_REDUCE: return MPI_Allreduce(in, what->out, count, type, sum, g_ranks);
    case ASSAY_MPI_REDUCE_SCATTER:
      return MPI_Reduce_scatter_block(in, what->out, count, type, sum, g_ranks);
    case ASSAY_MPI_ALL_GATHER:
      return MPI_Allgather(in, count, type, what->out, count, type, g_ranks);
    case ASSAY_MPI_ALL_TO_ALL:
      return MPI_Alltoall(in, count, type, what->out, count, type, g_ranks);
    case ASSAY_MPI_BROADCAST:
      // The first rank's buffer is only read.
      return MPI_Bcast(g_rank == 0 ? const_cast<void*>(what->in) : what->out, count, type, 0,
                       g_ranks);
    case ASSAY_MPI_SEND_RECV: return send_and_receive(*what, type);
    case ASSAY_MPI_GATHER:
      return MPI_Gather(g_rank == what->to ? MPI_IN_PLACE : in, count, type, what->out, count, type,
                        what->to, g_ranks);
    default: return MPI_ERR_OP;
  }
}

int leave() {
  MPI_Op_free(&g_bf16_sum);
  MPI_Comm_free(&g_ranks);
  return MPI_Finalize();
}

const char* version() {
  static std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int size = 0;
  return MPI_Get_library_version(text.data(), &size) == MPI_SUCCESS ? text.data() : "";
}

const char* explain(int code) {
  static std::array<char, MPI_MAX_ERROR_STRING> text{};
  int size = 0;
  return MPI_Error_string(code, text.data(), &size) == MPI_SUCCESS ? text.data() : "";
}

constexpr AssayMpi k_mpi{.abi = ASSAY_MPI_ABI,
                         .join = join,
                         .order = order,
                         .meet = meet,
                         .agree = agree,
                         .call = call,
                         .leave = leave,
                         .version = version,
                         .explain = explain};

}  // namespace

extern "C" __attribute__((visibility("default"))) const AssayMpi* assay_mpi(const char* settings) {
  return settings == nullptr || *settings == '\0' ? &k_mpi : nullptr;
}
