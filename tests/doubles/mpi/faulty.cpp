// An MPI whose calls go wrong on one rank, from one call on: "wrong=1@5" is rank 1 from its fifth.
// Of "none;wrong=1@5;slow=2@1x600" each holds for one communicator: the first, the second, ...; the
// last also for all that follow. "x600": of a slow call, in ms.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/mpi/mpi_interface.h"

extern "C" const AssayMpi* assay_mpi_inside(const char* settings);

namespace {

struct Fault {
  std::string kind;      // none, wrong, skip, own, twice, stale, slow, killed, stopped, refused
  bool of_bf16 = false;  // "wrong_bf16": calls of other types are right
  int rank = 0;
  long first_call = 1;
  long ms = 20;
};

std::vector<Fault> g_faults;
std::size_t g_communicators = 0;
Fault g_fault;
int g_rank = -1;
int g_ranks = 1;
long g_calls = 0;
std::vector<unsigned char> g_last;  // result of the call before

int join(int* rank, int* ranks) {
  const int code = assay_mpi_inside("")->join(rank, ranks);
  g_ranks = *ranks;
  return code;
}

int order(int key, int* rank) {
  const int code = assay_mpi_inside("")->order(key, rank);
  g_rank = *rank;
  g_calls = 0;
  g_last.clear();
  g_fault = g_faults[g_communicators < g_faults.size() ? g_communicators : g_faults.size() - 1];
  ++g_communicators;
  return code;
}

std::size_t part_bytes(const AssayMpiCall& what) {
  return what.count * (what.type == ASSAY_MPI_F32 ? 4U : 2U);
}

std::size_t result_bytes(const AssayMpiCall& what) {
  const bool has_all = what.op == ASSAY_MPI_ALL_GATHER || what.op == ASSAY_MPI_ALL_TO_ALL;
  return part_bytes(what) * (has_all ? static_cast<std::size_t>(g_ranks) : 1U);
}

/// What a rank has by itself, in the place of what it was to get.
void give_own(const AssayMpiCall& what) {
  const auto* const in = static_cast<const unsigned char*>(what.in);
  auto* const out = static_cast<unsigned char*>(what.out);
  const std::size_t part = part_bytes(what);
  if (what.op == ASSAY_MPI_ALL_GATHER) {
    for (int rank = 0; rank < g_ranks; ++rank) {
      std::memcpy(out + static_cast<std::size_t>(rank) * part, in, part);
    }
  } else if (what.op == ASSAY_MPI_REDUCE_SCATTER) {
    std::memcpy(out, in + static_cast<std::size_t>(g_rank) * part, part);
  } else {
    std::memcpy(out, in, result_bytes(what));
  }
}

/// The operands of f32 of this rank count twice.
int call_with_doubled(const AssayMpiCall& what) {
  const std::size_t parts =
      what.op == ASSAY_MPI_REDUCE_SCATTER ? static_cast<std::size_t>(g_ranks) : 1U;
  const auto* const in = static_cast<const float*>(what.in);
  std::vector<float> doubled(in, in + what.count * parts);
  for (float& value : doubled) {
    value *= 2;
  }
  AssayMpiCall changed = what;
  changed.in = doubled.data();
  return assay_mpi_inside("")->call(&changed);
}

void go_wrong(const AssayMpiCall& what) {
  auto* const out = static_cast<unsigned char*>(what.out);
  if (g_fault.kind == "wrong") {
    out[0] ^= 0x40U;
  } else if (g_fault.kind == "stale" && !g_last.empty()) {
    std::memcpy(out, g_last.data(), g_last.size());
  }
}

int call(const AssayMpiCall* what) {
  if (what->type == ASSAY_MPI_BYTES) {
    return assay_mpi_inside("")->call(what);  // somebody asks for the time
  }
  const bool is_due =
      ++g_calls >= g_fault.first_call && (!g_fault.of_bf16 || what->type == ASSAY_MPI_BF16);
  const bool is_bad = is_due && g_rank == g_fault.rank;
  if (is_bad && g_fault.kind == "killed") {
    std::raise(SIGKILL);
  }
  if (is_bad && g_fault.kind == "stopped") {
    std::raise(SIGSTOP);
  }
  if (is_bad && g_fault.kind == "slow") {
    ::usleep(static_cast<useconds_t>(g_fault.ms) * 1000U);
  }
  if (is_bad && g_fault.kind == "refused") {
    return 2;  // MPI_ERR_COUNT
  }
  if (is_due && g_fault.kind == "skip") {
    return 0;  // on all ranks: nobody waits for anybody
  }
  if (is_due && g_fault.kind == "own") {
    give_own(*what);
    return 0;
  }
  const int code = is_bad && g_fault.kind == "twice" ? call_with_doubled(*what)
                                                     : assay_mpi_inside("")->call(what);
  const auto* const out = static_cast<const unsigned char*>(what->out);
  const std::vector<unsigned char> result(out, out + result_bytes(*what));
  if (is_bad) {
    go_wrong(*what);
  }
  g_last = result;
  return code;
}

bool read(std::string_view text) {
  const std::string_view entry = text.substr(0, text.find(';'));
  Fault fault;
  fault.kind = std::string(entry.substr(0, entry.find('=')));
  const std::string rest(entry.substr(fault.kind.size()));
  fault.of_bf16 = fault.kind == "wrong_bf16";
  fault.kind = fault.of_bf16 ? "wrong" : fault.kind;
  const int found = std::sscanf(rest.c_str(), "=%d@%ldx%ld", &fault.rank, &fault.first_call,
                                &fault.ms);  // NOLINT(cert-err34-c): what is missing shows
  g_faults.push_back(fault);
  const bool is_known = fault.kind == "none" ? rest.empty() : found >= 2;
  return is_known && (entry.size() == text.size() || read(text.substr(entry.size() + 1)));
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const AssayMpi* assay_mpi(const char* settings) {
  static AssayMpi mpi = *assay_mpi_inside("");
  g_faults.clear();
  if (!read(settings)) {
    return nullptr;
  }
  mpi.join = join;
  mpi.order = order;
  mpi.call = call;
  return &mpi;
}
