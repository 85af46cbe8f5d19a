// storage.gpu_read: bandwidth of reading files straight into a GPU's memory (GPUDirect Storage).
//
// The files are laid out by the host before the window. Each client reads its own front to back by
// cuFile, request by request. After the time that counts, drawn blocks of what is in the GPU's
// memory are compared word by word, whole steps as drawn. Through the host's memory is INVALID.
#include "harness/run/storage_case.h"

namespace assay {

Case storage_gpu_read() {
  return gpu_file_case(
      {.id = "storage.gpu_read",
       .summary = "Bandwidth of reading files into a GPU's memory past the host's, drawn blocks "
                  "compared",
       .formula = "bytes read by all clients / time of the slowest, from a common start (1 GB/s = "
                  "1e9)",
       .problem = problem_of_gpu_files<StorageProblem::Op::read>});
}

}  // namespace assay
