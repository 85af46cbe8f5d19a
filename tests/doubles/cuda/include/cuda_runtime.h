// Stands in for CUDA's header of this name: the part of its run-time that kernels/cuda uses, on an
// emulated device. Names are CUDA's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "tests/doubles/cuda/simt.h"
#include "tests/doubles/cuda/warp_matrix.h"

// Names, reserved ones too, are those of the toolkit's header, which this stands for:
// NOLINTBEGIN(readability-identifier-naming,bugprone-reserved-identifier,google-global-names-in-headers)

#define __global__
#define __device__
#define __host__

#define threadIdx (assay::emulated::here().thread)
#define blockIdx (assay::emulated::here().block)
#define blockDim (assay::emulated::here().block_size)
#define gridDim (assay::emulated::here().grid_size)

#define ASSAY_LAUNCH(kernel, grid, block, stream, ...)                              \
  do {                                                                              \
    if (assay::emulated::launches(stream)) {                                        \
      assay::emulated::move_spoiled(assay::emulated::written_by(__VA_ARGS__), [&] { \
        assay::emulated::launch(grid, block, [&] { kernel(__VA_ARGS__); });         \
      });                                                                           \
    }                                                                               \
  } while (false)
#define ASSAY_UNROLL
// NOLINTBEGIN(bugprone-macro-parentheses): a type and a name that it declares
#define ASSAY_SHARED(type, name, count) \
  type* const name =                    \
      static_cast<type*>(assay::emulated::shared_array(__LINE__, (count) * sizeof(type)))
// NOLINTEND(bugprone-macro-parentheses)
#define __syncthreads() assay::emulated::barrier(__LINE__)

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInitializationError = 3,
  cudaErrorStubLibrary = 34,
  cudaErrorInsufficientDriver = 35,
  cudaErrorCallRequiresNewerDriver = 36,
  cudaErrorDevicesUnavailable = 46,
  cudaErrorNoDevice = 100,
  cudaErrorInvalidDevice = 101,
  cudaErrorDeviceNotLicensed = 102,
  cudaErrorInvalidKernelImage = 200,
  cudaErrorNoKernelImageForDevice = 209,
  cudaErrorECCUncorrectable = 214,
  cudaErrorInvalidPtx = 218,
  cudaErrorNvlinkUncorrectable = 220,
  cudaErrorJitCompilerNotFound = 221,
  cudaErrorUnsupportedPtxVersion = 222,
  cudaErrorJitCompilationDisabled = 223,
  cudaErrorContained = 226,
  cudaErrorNotReady = 600,
  cudaErrorIllegalAddress = 700,
  cudaErrorLaunchTimeout = 702,
  cudaErrorPeerAccessAlreadyEnabled = 704,
  cudaErrorAssert = 710,
  cudaErrorHardwareStackError = 714,
  cudaErrorIllegalInstruction = 715,
  cudaErrorMisalignedAddress = 716,
  cudaErrorInvalidAddressSpace = 717,
  cudaErrorInvalidPc = 718,
  cudaErrorLaunchFailure = 719,
  cudaErrorNotSupported = 801,
  cudaErrorSystemNotReady = 802,
  cudaErrorSystemDriverMismatch = 803,
  cudaErrorCompatNotSupportedOnDevice = 804,
  cudaErrorMpsConnectionFailed = 805,
  cudaErrorMpsServerNotReady = 807,
  cudaErrorMpsMaxClientsReached = 808,
  cudaErrorExternalDevice = 911,
  cudaErrorUnknown = 999
};
enum cudaMemcpyKind {
  cudaMemcpyHostToDevice = 1,
  cudaMemcpyDeviceToHost = 2,
  cudaMemcpyDefault = 4
};
inline constexpr unsigned cudaHostRegisterMapped = 2;
enum cudaDeviceAttr { cudaDevAttrL2CacheSize = 38 };

struct alignas(16) ulonglong2 {
  unsigned long long x, y;
};

struct cudaUUID_t {
  char bytes[16];  // NOLINT(modernize-avoid-c-arrays): as in the toolkit's header
};
struct cudaDeviceProp {
  char name[256];  // NOLINT(modernize-avoid-c-arrays): as in the toolkit's header
  cudaUUID_t uuid;
  std::size_t totalGlobalMem;
  int major, minor, multiProcessorCount;
};
using cudaStream_t = struct CUstream_st*;
using cudaEvent_t = struct CUevent_st*;
inline constexpr unsigned cudaEventDisableTiming = 2;

cudaError_t cudaDriverGetVersion(int* version);
cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaGetDevice(int* device);
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
cudaError_t cudaMemGetInfo(std::size_t* available, std::size_t* total);
cudaError_t cudaMalloc(void** data, std::size_t bytes);
cudaError_t cudaFree(void* data);
cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind);
cudaError_t cudaMemset(void* data, int value, std::size_t bytes);
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream);
cudaError_t cudaRuntimeGetVersion(int* version);
cudaError_t cudaDeviceGetPCIBusId(char* id, int length, int device);
cudaError_t cudaDeviceCanAccessPeer(int* can, int device, int peer);
cudaError_t cudaDeviceEnablePeerAccess(int peer, unsigned flags);
cudaError_t cudaHostRegister(void* data, std::size_t bytes, unsigned flags);
cudaError_t cudaHostUnregister(void* data);
cudaError_t cudaHostGetDevicePointer(void** seen, void* data, unsigned flags);
cudaError_t cudaStreamCreate(cudaStream_t* stream);
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags);
cudaError_t cudaEventCreate(cudaEvent_t* event);
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamQuery(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaGetLastError();
const char* cudaGetErrorString(cudaError_t error);

namespace assay::emulated {

/// Whether a kernel runs: not on a device that has failed.
[[nodiscard]] bool launches(cudaStream_t stream);

/// What a pass over memory writes.
struct Written {
  void* to = nullptr;
  std::size_t bytes = 0;
};

/// That of a kernel one of whose arguments says so: 64-bit words `to`, `to_words` of them.
template <class... Arguments>
[[nodiscard]] Written written_by(const Arguments&... arguments) {
  Written written;
  const auto look = [&written](const auto& argument) {
    if constexpr (requires { argument.to_words; }) {
      written = {argument.to, argument.to_words * sizeof(std::uint64_t)};
    }
  };
  (look(arguments), ...);
  return written;
}

/// Does `move`; where it is a pass over memory, spoiled as the machine's fault says.
void move_spoiled(const Written& written, const std::function<void()>& move);

template <class T>
[[nodiscard]] T exchange_as(unsigned mask, T value, unsigned from) {
  static_assert(sizeof(T) <= sizeof(std::uint64_t));
  std::uint64_t word = 0;
  std::memcpy(&word, &value, sizeof value);
  word = exchange(mask, word, from);
  std::memcpy(&value, &word, sizeof value);
  return value;
}

}  // namespace assay::emulated

template <class T>
T __shfl_xor_sync(unsigned mask, T value, int distance) {
  return assay::emulated::exchange_as(mask, value,
                                      threadIdx.x % 32U ^ static_cast<unsigned>(distance));
}

template <class T>
void __stcs(T* to, T value) {
  *to = value;
}

// Fibers of one operating-system thread: nothing comes between reading and writing.
template <class T>
T atomicAdd(T* to, T value) {
  const T before = *to;
  *to = static_cast<T>(before + value);
  return before;
}
template <class T>
T atomicMin(T* to, T value) {
  const T before = *to;
  *to = value < before ? value : before;
  return before;
}

// NOLINTEND(readability-identifier-naming,bugprone-reserved-identifier,google-global-names-in-headers)
