// The counters of the machine that this module runs on.
#include <fstream>
#include <iterator>

#include "kernels/cuda/direct_counters.h"

namespace assay::cuda {

std::string direct_counters_text() {
  std::ifstream file("/proc/driver/nvidia-fs/stats");
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace assay::cuda
