// What the cases of files have in common.
#pragma once

#include <string_view>
#include <vector>

#include "harness/run/case.h"

namespace assay {

/// Of the parameters that storage_case() adds. Fails with bad_input on sizes that make no sense.
[[nodiscard]] Result<StorageProblem> storage_problem(const Params& params);

/// The problem of a case that has no parameters of its own.
template <StorageProblem::Op Operation>
Result<Problem> problem_of_files(const Params& params) {
  auto files = storage_problem(params);
  if (!files) {
    return files.error();
  }
  files->op = Operation;
  return Problem{*std::move(files)};
}

/// A whole number: "file_mib", "extent_mib", "shard_mib", "request_kib", "sample_kib", "batch",
/// "files" or "depth".
struct StorageSize {
  std::string_view name;
  std::string_view meaning;
  std::string_view fallback;  ///< "" where the contract must say it.
};

/// `base` says id, summary, formula, problem and what parameters are its own; the rest is the same
/// for all that moves files. There are clients, and these sizes.
[[nodiscard]] Case storage_case(Case base, const std::vector<StorageSize>& sizes);

/// As above, with files that are moved extent by extent. The sizes are what holds where a contract
/// doesn't say otherwise.
[[nodiscard]] Case storage_case(Case base, std::string_view request_kib, std::string_view depth);

/// Of files that go into or out of a GPU's memory.
template <StorageProblem::Op Operation>
Result<Problem> problem_of_gpu_files(const Params& params) {
  auto files = storage_problem(params);
  if (!files) {
    return files.error();
  }
  files->op = Operation;
  files->engine = StorageProblem::Engine::gpu;
  return Problem{*std::move(files)};
}

[[nodiscard]] Case gpu_file_case(Case base);

}  // namespace assay
