// storage.random_read: sustained rate of small reads all over files, past the page cache.
//
// The files are laid out before the window. Every request is at a drawn place; all places of a file
// come once before any comes again. Every word is compared inside the time that counts. Requests a
// second are the value by request_kib.
#include "harness/run/storage_case.h"

namespace assay {
namespace {

constexpr std::string_view k_request_kib = "4", k_depth = "32";

}  // namespace

Case storage_random_read() {
  return storage_case({.id = "storage.random_read",
                       .summary = "Sustained rate of small reads all over files with O_DIRECT, "
                                  "every byte compared",
                       .formula = "requests x request_kib x 1024 / T (1 GB/s = 1e9)",
                       .problem = problem_of_files<StorageProblem::Op::random_read>},
                      k_request_kib, k_depth);
}

}  // namespace assay
