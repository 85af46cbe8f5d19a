#include "kernels/cuda/error.h"

#include <algorithm>
#include <array>

namespace assay::cuda {
namespace {

/// A device, its memory or its driver broke at work. Only these lose a device: a verdict hangs on
/// it, and what a caller did wrong is none of the machine's faults.
constexpr std::array<cudaError_t, 14> k_losses{
    cudaErrorECCUncorrectable,   cudaErrorNvlinkUncorrectable,
    cudaErrorContained,          cudaErrorIllegalAddress,
    cudaErrorLaunchTimeout,      cudaErrorAssert,
    cudaErrorHardwareStackError, cudaErrorIllegalInstruction,
    cudaErrorMisalignedAddress,  cudaErrorInvalidAddressSpace,
    cudaErrorInvalidPc,          cudaErrorLaunchFailure,
    cudaErrorExternalDevice,     cudaErrorUnknown};

/// There is no device, no driver that fits, no code for this device, or others have it.
constexpr std::array<cudaError_t, 19> k_refusals{cudaErrorStubLibrary,
                                                 cudaErrorInsufficientDriver,
                                                 cudaErrorCallRequiresNewerDriver,
                                                 cudaErrorDevicesUnavailable,
                                                 cudaErrorNoDevice,
                                                 cudaErrorDeviceNotLicensed,
                                                 cudaErrorInvalidKernelImage,
                                                 cudaErrorNoKernelImageForDevice,
                                                 cudaErrorInvalidPtx,
                                                 cudaErrorJitCompilerNotFound,
                                                 cudaErrorUnsupportedPtxVersion,
                                                 cudaErrorJitCompilationDisabled,
                                                 cudaErrorNotSupported,
                                                 cudaErrorSystemNotReady,
                                                 cudaErrorSystemDriverMismatch,
                                                 cudaErrorCompatNotSupportedOnDevice,
                                                 cudaErrorMpsConnectionFailed,
                                                 cudaErrorMpsServerNotReady,
                                                 cudaErrorMpsMaxClientsReached};

template <class Statuses>
bool holds(const Statuses& statuses, cudaError_t status) {
  return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

}  // namespace

Result<Done> check(cudaError_t status, const std::string& call) {
  if (status == cudaSuccess) {
    return Done{};
  }
  const Error::Code code = holds(k_losses, status)     ? Error::Code::device
                           : holds(k_refusals, status) ? Error::Code::unsupported
                                                       : Error::Code::io;
  return Error{code, call + " failed: " + cudaGetErrorString(status) + " (" +
                         std::to_string(static_cast<int>(status)) + ")"};
}

Result<Done> check_launch(const std::string& kernel) {
  return check(cudaGetLastError(), "launch of " + kernel);
}

}  // namespace assay::cuda
