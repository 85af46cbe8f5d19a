// storage.mixed: sustained rate of small reads and writes all over files, past the page cache.
//
// Of the requests, evenly spread, write_percent write, in one half of each file; the others read,
// in the other half, and are compared word by word. Each batch ends with an fsync inside the time
// that counts; drawn blocks of what was written are read again.
#include "harness/run/storage_case.h"

namespace assay {
namespace {

constexpr std::string_view k_request_kib = "4", k_depth = "32";
constexpr Natural k_most_written = 50;

Result<Problem> problem(const Params& params) {
  auto files = storage_problem(params);
  if (!files) {
    return files.error();
  }
  const auto percent = natural_from(params.at("write_percent"));
  if (!percent || *percent > k_most_written) {
    return Error{Error::Code::bad_input, "params.write_percent: at most 50"};
  }
  files->op = StorageProblem::Op::mixed;
  files->write_percent = static_cast<std::uint64_t>(*percent);
  return Problem{*files};
}

}  // namespace

Case storage_mixed() {
  return storage_case({.id = "storage.mixed",
                       .summary = "Sustained rate of small reads and writes all over files with "
                                  "O_DIRECT and fsync, verified",
                       .formula = "requests x request_kib x 1024 / T, both kinds added up",
                       .params = {{.name = "write_percent",
                                   .meaning = "share of the requests that write, at most 50",
                                   .values = {},
                                   .whole = true,
                                   .fallback = "30"}},
                       .problem = problem},
                      k_request_kib, k_depth);
}

}  // namespace assay
