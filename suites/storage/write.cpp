// storage.write: sustained bandwidth of writing files past the page cache, made durable.
//
// Every client writes its own file front to back, again and again; each batch of extents ends with
// an fsync inside the time that counts. Drawn blocks of every extent are read again, whole extents
// as drawn.
#include "harness/run/storage_case.h"

namespace assay {
namespace {

constexpr std::string_view k_request_kib = "1024", k_depth = "8";

}  // namespace

Case storage_write() {
  return storage_case({.id = "storage.write",
                       .summary = "Sustained bandwidth of writing files with O_DIRECT and fsync, "
                                  "drawn blocks read again",
                       .formula = "bytes written and synced by all clients / T (1 GB/s = 1e9)",
                       .problem = problem_of_files<StorageProblem::Op::write>},
                      k_request_kib, k_depth);
}

}  // namespace assay
