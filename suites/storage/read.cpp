// storage.read: sustained bandwidth of reading files past the page cache.
//
// The files are laid out before the window. Every client reads its own front to back, again and
// again, and every word is compared inside the time that counts.
#include "harness/run/storage_case.h"

namespace assay {
namespace {

constexpr std::string_view k_request_kib = "1024", k_depth = "8";

}  // namespace

Case storage_read() {
  return storage_case({.id = "storage.read",
                       .summary = "Sustained bandwidth of reading files with O_DIRECT, every byte "
                                  "compared",
                       .formula = "bytes read and compared by all clients / T (1 GB/s = 1e9)",
                       .problem = problem_of_files<StorageProblem::Op::read>},
                      k_request_kib, k_depth);
}

}  // namespace assay
