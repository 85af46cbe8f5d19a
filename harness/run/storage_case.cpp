#include "harness/run/storage_case.h"

#include <array>
#include <string>
#include <utility>

#include "harness/model/step_size.h"
#include "reports/io_witness.h"

namespace assay {
namespace {

struct Size {
  const char* name;
  std::uint64_t StorageProblem::*member;
  unsigned shift;         ///< Of its unit.
  unsigned largest_log2;  ///< Of the number.
};

constexpr unsigned k_kib = 10, k_mib = 20;
constexpr std::array<Size, 9> k_sizes{{{"clients", &StorageProblem::clients, 0, 10},
                                       {"file_mib", &StorageProblem::file_bytes, k_mib, 30},
                                       {"extent_mib", &StorageProblem::extent_bytes, k_mib, 20},
                                       {"shard_mib", &StorageProblem::file_bytes, k_mib, 30},
                                       {"request_kib", &StorageProblem::request_bytes, k_kib, 20},
                                       {"sample_kib", &StorageProblem::request_bytes, k_kib, 20},
                                       {"batch", &StorageProblem::extent_bytes, 0, 20},
                                       {"files", &StorageProblem::files, 0, 20},
                                       {"depth", &StorageProblem::depth, 0, 12}}};

Error bad(std::string sentence) {
  return {Error::Code::bad_input, std::move(sentence)};
}

/// "extent_mib: must be a multiple of request_kib", by the names that the case has for them.
Result<Done> check_multiples(const StorageProblem& problem, const Params& params) {
  const bool has_samples = params.contains("sample_kib");
  const std::string request = has_samples ? "sample_kib" : "request_kib";
  const std::string extent = has_samples                    ? "batch x sample_kib"
                             : params.contains("shard_mib") ? "shard_mib"
                                                            : "extent_mib";
  if (problem.request_bytes % 4096 != 0) {
    return bad("params." + request + ": must be a multiple of 4");
  }
  if (problem.extent_bytes % problem.request_bytes != 0) {
    return bad("params." + extent + ": must be a multiple of " + request);
  }
  if (problem.file_bytes % problem.extent_bytes != 0) {
    return bad("params.file_mib: must be a multiple of " + extent);
  }
  return Done{};
}

}  // namespace

Result<StorageProblem> storage_problem(const Params& params) {
  StorageProblem problem;
  for (const Size& size : k_sizes) {
    const auto found = params.find(size.name);
    if (found == params.end()) {
      continue;
    }
    const auto number = natural_from(found->second);
    const Natural most = Natural{1} << size.largest_log2;
    if (!number || *number > most) {
      return bad("params." + std::string(size.name) + ": at most " + to_decimal(most));
    }
    problem.*size.member = static_cast<std::uint64_t>(*number) << size.shift;
  }
  const auto engine = params.find("engine");
  if (engine != params.end() && engine->second == k_fio_engine) {
    problem.engine = StorageProblem::Engine::fio;
  }
  if (const auto witness = params.find("witness"); witness != params.end()) {
    problem.witness = witness->second == k_network_witness ? StorageProblem::Witness::network
                      : witness->second == k_block_device_witness
                          ? StorageProblem::Witness::block_device
                          : StorageProblem::Witness::process;
  }
  if (params.contains("files")) {
    return problem;  // of one block each
  }
  if (params.contains("shard_mib")) {
    problem.extent_bytes = problem.file_bytes;
  } else if (params.contains("batch")) {
    problem.extent_bytes *= problem.request_bytes;  // at most 2^50
  }
  const auto checked = check_multiples(problem, params);
  return checked ? Result<StorageProblem>(problem) : checked.error();
}

Case storage_case(Case base, const std::vector<StorageSize>& sizes) {
  base.scopes = {Scope::each_node, Scope::system};
  base.on_host = true;  // files are, whatever computes
  base.rules = {Rule::sign_1_5_9, Rule::sign_1_4_8, Rule::zero_wrong};
  const auto whole = [](const StorageSize& size) {
    return Param{.name = size.name,
                 .meaning = size.meaning,
                 .values = {},
                 .whole = true,
                 .fallback = size.fallback,
                 .bench = "256"};
  };
  base.params.push_back(whole({"clients", "threads of the node, each with files of its own", "1"}));
  for (const StorageSize& size : sizes) {
    base.params.push_back(whole(size));
  }
  base.params.push_back({.name = "witness",
                         .meaning =
                             "whose counters must show the bytes: the process's (and the block "
                             "device's where it shows any), the block device's, or those of the "
                             "network devices, beyond which the files are",
                         .values = {k_process_witness, k_block_device_witness, k_network_witness},
                         .fallback = k_process_witness});
  base.dimension = [](const Params&) { return Dimension::byte_rate; };
  return base;
}

Case storage_case(Case base, std::string_view request_kib, std::string_view depth) {
  base.params.push_back({.name = "engine",
                         .meaning =
                             "who moves the bytes that are timed: assay, or fio, whose reads "
                             "are not compared as they arrive",
                         .values = {k_usual_engine, k_fio_engine},
                         .fallback = k_usual_engine});
  return storage_case(std::move(base), {{"file_mib", "size of each client's file in MiB", ""},
                                        {"extent_mib", "what one step moves of each file, in MiB",
                                         k_usual_extent_mib},
                                        {"request_kib", "size of one request in KiB", request_kib},
                                        {"depth", "requests in flight of each client", depth}});
}

Case gpu_file_case(Case base) {
  Case made =
      storage_case(std::move(base),
                   {{"file_mib", "size of each client's file in MiB", ""},
                    {"extent_mib", "what one step moves of each file, in MiB", k_usual_extent_mib},
                    {"request_kib", "size of one request in KiB", "1024"}});
  made.on_host = false;
  made.one_at_a_time = true;
  made.scopes = {Scope::each_gpu};  // GPUs are not timed at the same moments: no sum of theirs
  return made;
}

}  // namespace assay
