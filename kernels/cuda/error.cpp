#include "kernels/cuda/error.h"

namespace assay::cuda {

Result<Done> check(cudaError_t status, const std::string& call) {
  if (status == cudaSuccess) {
    return Done{};
  }
  const Error::Code code = status == cudaErrorMemoryAllocation ? Error::Code::io
                           : status == cudaErrorInsufficientDriver || status == cudaErrorNoDevice
                               ? Error::Code::unsupported
                               : Error::Code::device;
  return Error{code, call + " failed: " + cudaGetErrorString(status) + " (" +
                         std::to_string(static_cast<int>(status)) + ")"};
}

Result<Done> check_launch(const std::string& kernel) {
  return check(cudaGetLastError(), "launch of " + kernel);
}

}  // namespace assay::cuda
