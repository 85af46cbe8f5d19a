#include <array>
#include <string>

#include "kernels/backend.h"

namespace assay {
namespace {

struct KnownType {
  NumberType type;
  std::string_view name;
  unsigned bits;
};

constexpr std::array<KnownType, 12> k_types{{{NumberType::f64, "f64", 64},
                                             {NumberType::f32, "f32", 32},
                                             {NumberType::tf32, "tf32", 32},
                                             {NumberType::bf16, "bf16", 16},
                                             {NumberType::f16, "f16", 16},
                                             {NumberType::fp8_e4m3, "fp8_e4m3", 8},
                                             {NumberType::fp8_e5m2, "fp8_e5m2", 8},
                                             {NumberType::fp8_e5m2_e4m3, "fp8_e5m2_e4m3", 8},
                                             {NumberType::mxfp8_e4m3, "mxfp8_e4m3", 8},
                                             {NumberType::nvfp4, "nvfp4", 4},
                                             {NumberType::s32, "s32", 32},
                                             {NumberType::s8, "s8", 8}}};

}  // namespace

std::string_view name_of(NumberType type) {
  for (const KnownType& known : k_types) {
    if (known.type == type) {
      return known.name;
    }
  }
  return "";
}

unsigned bits_of(NumberType type) {
  for (const KnownType& known : k_types) {
    if (known.type == type) {
      return known.bits;
    }
  }
  return 0;
}

Result<NumberType> number_type_from(std::string_view name) {
  for (const KnownType& known : k_types) {
    if (known.name == name) {
      return known.type;
    }
  }
  return Error{Error::Code::bad_input, "unknown number type '" + std::string(name) + "'"};
}

std::string_view name_of(MemoryProblem::Op op) {
  switch (op) {
    case MemoryProblem::Op::read: return "read";
    case MemoryProblem::Op::copy: return "copy";
    case MemoryProblem::Op::triad: return "triad";
  }
  return "";
}

std::string_view name_of(AttentionProblem::Pass pass) {
  switch (pass) {
    case AttentionProblem::Pass::prefill_forward: return "prefill_forward";
    case AttentionProblem::Pass::prefill_backward: return "prefill_backward";
    case AttentionProblem::Pass::decode: return "decode";
  }
  return "";
}

std::string_view name_of(CollectiveProblem::Op op) {
  switch (op) {
    case CollectiveProblem::Op::all_reduce: return "all_reduce";
    case CollectiveProblem::Op::reduce_scatter: return "reduce_scatter";
    case CollectiveProblem::Op::all_gather: return "all_gather";
    case CollectiveProblem::Op::all_to_all: return "all_to_all";
    case CollectiveProblem::Op::broadcast: return "broadcast";
    case CollectiveProblem::Op::send_recv: return "send_recv";
    case CollectiveProblem::Op::transport: return "transport";
    case CollectiveProblem::Op::links: return "links";
  }
  return "";
}

std::string_view name_of(CollectiveProblem::Pattern pattern) {
  switch (pattern) {
    case CollectiveProblem::Pattern::pairs: return "pairs";
    case CollectiveProblem::Pattern::permutation: return "permutation";
    case CollectiveProblem::Pattern::incast: return "incast";
  }
  return "";
}

std::string_view case_of(const LinkProblem& problem) {
  return problem.path == LinkProblem::Path::peer ? "network.peer_copy" : "network.host_copy";
}

std::uint64_t arrays_of(const MemoryProblem& problem) {
  switch (problem.op) {
    case MemoryProblem::Op::read: return 1;
    case MemoryProblem::Op::copy: return 2;
    case MemoryProblem::Op::triad: return 3;
  }
  return 3;
}

std::string_view name_of(StorageProblem::Op op) {
  switch (op) {
    case StorageProblem::Op::write: return "write";
    case StorageProblem::Op::read: return "read";
    case StorageProblem::Op::random_read: return "random_read";
    case StorageProblem::Op::mixed: return "mixed";
    case StorageProblem::Op::training: return "training";
    case StorageProblem::Op::save: return "save";
    case StorageProblem::Op::restore: return "restore";
    case StorageProblem::Op::create: return "create";
    case StorageProblem::Op::stat: return "stat";
    case StorageProblem::Op::list: return "list";
    case StorageProblem::Op::remove: return "delete";
  }
  return "";
}

bool is_checkpoint(StorageProblem::Op op) {
  return op == StorageProblem::Op::save || op == StorageProblem::Op::restore;
}

bool is_metadata(StorageProblem::Op op) {
  using enum StorageProblem::Op;
  return op == create || op == stat || op == list || op == remove;
}

}  // namespace assay
