// storage.gpu_write: bandwidth of writing files straight out of a GPU's memory (GPUDirect Storage),
// made durable.
//
// Blocks of a new generation are in the GPU's memory before the time that counts. Each client
// writes its own file front to back by cuFile and syncs it inside that time. After it, the host
// reads drawn blocks again past the page cache, whole steps as drawn. Through the host's memory is
// INVALID.
#include "harness/run/storage_case.h"

namespace assay {

Case storage_gpu_write() {
  return gpu_file_case(
      {.id = "storage.gpu_write",
       .summary = "Bandwidth of writing files out of a GPU's memory past the host's, with fsync, "
                  "drawn blocks read again",
       .formula =
           "bytes written by all clients / time of the slowest with its fsync, from a common "
           "start (1 GB/s = 1e9)",
       .problem = problem_of_gpu_files<StorageProblem::Op::write>});
}

}  // namespace assay
