#include "kernels/cuda/library.h"

namespace assay::cuda {

Result<SharedLibrary> open_library(const std::vector<std::string>& names) {
  return SharedLibrary::open(names, {"/usr/local/cuda/lib64/"});
}

std::string management_library() {
  return "libnvidia-ml.so.1";
}

}  // namespace assay::cuda
