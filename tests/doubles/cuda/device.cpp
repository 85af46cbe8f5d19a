#include "tests/doubles/cuda/device.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cuda_runtime.h>

#include "tests/doubles/cuda/machine.h"
#include "tests/doubles/cuda/pace.h"
#include "tests/doubles/cuda/pending.h"

namespace assay::emulated {
namespace {

constexpr std::size_t k_alignment = 256;
constexpr int k_garbage = 0xcd;
constexpr int k_host = -1;

struct Allocation {
  std::size_t bytes = 0;
  int owner = 0;  ///< The GPU whose memory it is, or k_host: pinned.
};

/// All GPUs of the machine. They share their streams, counts and failures.
struct Device {
  std::map<const std::byte*, Allocation> allocations;  ///< By their beginning.
  std::map<int, std::size_t> used;                     ///< Of each GPU.
  std::set<std::pair<int, int>> access;                ///< Of GPUs to the memory of others.
  std::uint64_t products = 0;                          ///< And passes over memory.
  cudaError_t failure = cudaSuccess;                   ///< Once it is one, it stays.
  cudaError_t last = cudaSuccess;                      ///< Of the calls since cudaGetLastError().
  std::atomic<int> current = 0;                        ///< Set by whoever moves files, too.
  std::vector<std::byte> moved;  ///< By the last pass, where the fault is to repeat it.
};

Device& device() {
  static Device the_device;
  return the_device;
}

cudaError_t said(cudaError_t error) {
  if (device().failure != cudaSuccess) {
    return device().failure;
  }
  if (error != cudaSuccess) {
    device().last = error;
  }
  return error;
}

bool has_driver() {
  return machine().fault != Fault::no_driver;
}

/// What a driver that is there says instead of how many GPUs it has.
cudaError_t fault_of_driver() {
  const Fault fault = machine().fault;
  return fault == Fault::stub_driver     ? cudaErrorStubLibrary
         : fault == Fault::other_driver  ? cudaErrorSystemDriverMismatch
         : fault == Fault::broken_driver ? cudaErrorUnknown
                                         : cudaSuccess;
}

}  // namespace

bool launches(cudaStream_t /*stream*/) {
  finish_pending();
  return device().failure == cudaSuccess;
}

void power_on() {
  device().products = 0;
  device().failure = cudaSuccess;
  device().last = cudaSuccess;
  device().current = 0;
  device().moved.clear();
  device().access.clear();
}

Fault fault_of(int gpu) {
  return machine().on < 0 || machine().on == gpu ? machine().fault : Fault::none;
}

Fault fault_here() {
  return fault_of(device().current);
}

namespace {

/// As the kernel's buffer gives it.
void write_xid() {
  const std::string pci = pci_bus_id_of(static_cast<unsigned>(device().current));
  std::ifstream before(machine().log);
  const auto records = std::count(std::istreambuf_iterator<char>(before), {}, '\n');
  std::ofstream(machine().log, std::ios::app)
      << "4," << 1207 + records << ",83512345,-;NVRM: Xid (PCI:" << pci.substr(0, pci.find('.'))
      << "): " << machine().xid << ", pid=7, name=assay\n";
}

}  // namespace

void lose_device() {
  device().failure = cudaErrorLaunchFailure;
}

bool product_is_spoiled() {
  const bool spoiled = ++device().products % machine().every == 0;
  if (spoiled && fault_here() == Fault::ecc) {
    device().failure = cudaErrorECCUncorrectable;
  }
  if (spoiled && fault_here() == Fault::lost) {
    device().failure = cudaErrorLaunchFailure;
  }
  if (spoiled && fault_here() == Fault::hang) {
    while (true) {
      ::pause();  // until the watchdog ends the process
    }
  }
  if (spoiled && fault_here() == Fault::killed) {
    ::raise(SIGKILL);
  }
  if (spoiled && fault_here() == Fault::xid) {
    write_xid();
  }
  return spoiled;
}

namespace {

/// In which all of these bytes lie; null if none.
const Allocation* allocation_of(const void* data, std::size_t bytes) {
  const auto* const at = static_cast<const std::byte*>(data);
  auto after = device().allocations.upper_bound(at);
  if (after == device().allocations.begin()) {
    return nullptr;
  }
  --after;
  return at + bytes <= after->first + after->second.bytes ? &after->second : nullptr;
}

/// Whether an engine of the current GPU reaches it.
bool is_reached(const Allocation* allocation) {
  return allocation != nullptr &&
         (allocation->owner == k_host || allocation->owner == device().current ||
          device().access.contains({device().current, allocation->owner}));
}

}  // namespace

bool is_device_memory(const void* data, std::size_t bytes) {
  const Allocation* const allocation = allocation_of(data, bytes);
  return allocation != nullptr && allocation->owner != k_host;
}

void move_spoiled(const Written& written, const std::function<void()>& move) {
  const bool spoiled = written.bytes > 0 && product_is_spoiled();
  pace_product();
  auto* const to = static_cast<std::byte*>(written.to);
  const Fault fault = spoiled ? fault_here() : Fault::none;
  if (fault == Fault::cached) {
    std::copy_n(device().moved.begin(), std::min(written.bytes, device().moved.size()), to);
    return;
  }
  if (fault != Fault::skipped) {
    move();
  }
  if (fault == Fault::wrong_bit) {
    to[written.bytes / 2] ^= std::byte{4};
  }
  if (fault_here() == Fault::cached && written.bytes > 0) {
    device().moved.assign(to, to + written.bytes);
  }
}

}  // namespace assay::emulated

struct CUevent_st {
  bool recorded = false;
  std::chrono::steady_clock::time_point at;
};

using namespace assay::emulated;  // NOLINT(google-build-using-namespace): CUDA's names are global

cudaError_t cudaDriverGetVersion(int* version) {
  *version = has_driver() ? 13'000 : 0;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int* count) {
  if (!has_driver()) {
    return cudaErrorInsufficientDriver;  // And `count` is left as it was.
  }
  if (const cudaError_t broken = fault_of_driver(); broken != cudaSuccess) {
    return broken;
  }
  *count = machine().gpus;
  return machine().gpus == 0 ? cudaErrorNoDevice : cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = 13'000;
  return cudaSuccess;
}

cudaError_t cudaDeviceGetPCIBusId(char* id, int length, int ordinal) {
  const std::string name = pci_bus_id_of(static_cast<unsigned>(ordinal));
  id[name.copy(id, static_cast<std::size_t>(length) - 1)] = '\0';
  return said(cudaSuccess);
}

cudaError_t cudaSetDevice(int ordinal) {
  if (ordinal >= machine().gpus) {
    return said(cudaErrorInvalidDevice);
  }
  device().current = ordinal;
  return said(fault_here() == Fault::busy_device ? cudaErrorDevicesUnavailable : cudaSuccess);
}

cudaError_t cudaGetDevice(int* ordinal) {
  *ordinal = device().current;
  return said(cudaSuccess);
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int ordinal) {
  if (ordinal >= machine().gpus || attribute != cudaDevAttrL2CacheSize) {
    return said(cudaErrorInvalidValue);
  }
  const std::uint64_t own = machine().l2_bytes;
  *value = static_cast<int>(own != 0 ? own : machine().gpu->l2_bytes);
  return said(cudaSuccess);
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int ordinal) {
  if (ordinal >= machine().gpus) {
    return said(cudaErrorInvalidDevice);
  }
  const GpuModel& gpu = *machine().gpu;
  *properties = {};
  gpu.name.copy(properties->name, sizeof properties->name - 1);
  std::string_view("emulated").copy(properties->uuid.bytes, sizeof properties->uuid.bytes);
  properties->uuid.bytes[15] = static_cast<char>(ordinal);
  properties->totalGlobalMem = gpu.memory_bytes;
  properties->major = gpu.major;
  properties->minor = gpu.minor;
  const int own = machine().multiprocessors;
  properties->multiProcessorCount = own != 0 ? own : gpu.multiprocessors;
  return said(cudaSuccess);
}

cudaError_t cudaMemGetInfo(std::size_t* available, std::size_t* total) {
  *total = machine().gpu->memory_bytes;
  *available = *total - device().used[device().current];
  return said(cudaSuccess);
}

cudaError_t cudaMalloc(void** data, std::size_t bytes) {
  const std::size_t rounded = (bytes + k_alignment - 1) / k_alignment * k_alignment;
  if (fault_here() == Fault::out_of_memory ||
      device().used[device().current] + rounded > machine().gpu->memory_bytes) {
    return said(cudaErrorMemoryAllocation);
  }
  void* const made = std::aligned_alloc(k_alignment, rounded);
  if (made == nullptr) {
    return said(cudaErrorMemoryAllocation);
  }
  std::memset(made, k_garbage, rounded);
  device().allocations.insert(
      {static_cast<const std::byte*>(made), {.bytes = rounded, .owner = device().current}});
  device().used[device().current] += rounded;
  *data = made;
  return said(cudaSuccess);
}

cudaError_t cudaFree(void* data) {
  if (data == nullptr) {
    return said(cudaSuccess);
  }
  const auto found = device().allocations.find(static_cast<const std::byte*>(data));
  if (found == device().allocations.end() || found->second.owner == k_host) {
    return said(cudaErrorInvalidValue);
  }
  device().used[found->second.owner] -= found->second.bytes;
  device().allocations.erase(found);
  std::free(data);
  return said(cudaSuccess);
}

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  const bool to_device = kind == cudaMemcpyHostToDevice;
  if (kind != cudaMemcpyDefault &&
      (is_device_memory(to, bytes) != to_device || is_device_memory(from, bytes) == to_device)) {
    return said(cudaErrorInvalidValue);
  }
  finish_pending();
  if (device().failure == cudaSuccess && bytes > 0) {
    std::memcpy(to, from, bytes);
  }
  return said(cudaSuccess);
}

cudaError_t cudaMemset(void* data, int value, std::size_t bytes) {
  if (!is_device_memory(data, bytes)) {
    return said(cudaErrorInvalidValue);
  }
  finish_pending();
  std::memset(data, value, bytes);
  return said(cudaSuccess);
}

/// Only for what an engine reaches by itself: copies from and to other memory are staged, and no
/// speed of a link.
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  if (kind != cudaMemcpyDefault || !is_reached(allocation_of(to, bytes)) ||
      !is_reached(allocation_of(from, bytes))) {
    return said(cudaErrorInvalidValue);
  }
  if (launches(stream)) {
    move_spoiled({.to = to, .bytes = bytes}, [&] { std::memcpy(to, from, bytes); });
  }
  return said(cudaSuccess);
}

cudaError_t cudaHostRegister(void* data, std::size_t bytes, unsigned /*flags*/) {
  const auto* const at = static_cast<const std::byte*>(data);
  device().allocations.insert({at, {.bytes = bytes, .owner = k_host}});
  return said(cudaSuccess);
}

cudaError_t cudaHostUnregister(void* data) {
  const auto found = device().allocations.find(static_cast<const std::byte*>(data));
  if (found == device().allocations.end() || found->second.owner != k_host) {
    return said(cudaErrorInvalidValue);
  }
  device().allocations.erase(found);
  return said(cudaSuccess);
}

cudaError_t cudaHostGetDevicePointer(void** seen, void* data, unsigned /*flags*/) {
  *seen = data;
  return said(cudaSuccess);
}

cudaError_t cudaDeviceCanAccessPeer(int* can, int ordinal, int peer) {
  *can = machine().peers && ordinal != peer ? 1 : 0;
  return said(cudaSuccess);
}

cudaError_t cudaDeviceEnablePeerAccess(int peer, unsigned /*flags*/) {
  const bool fresh = device().access.insert({device().current, peer}).second;
  return said(fresh ? cudaSuccess : cudaErrorPeerAccessAlreadyEnabled);
}

// Everything is done when it is queued, but what other processes take part in.
cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  if (fault_here() == Fault::bad_call) {
    return said(cudaErrorInvalidValue);
  }
  *stream = reinterpret_cast<cudaStream_t>(&device());
  return said(cudaSuccess);
}
cudaError_t cudaStreamDestroy(cudaStream_t /*stream*/) {
  return said(cudaSuccess);
}
cudaError_t cudaStreamSynchronize(cudaStream_t /*stream*/) {
  finish_pending();
  return said(cudaSuccess);
}
// It leaves its answer for cudaGetLastError(), too.
cudaError_t cudaStreamQuery(cudaStream_t /*stream*/) {
  return said(nothing_pending() ? cudaSuccess : cudaErrorNotReady);
}

// An event is whether something was recorded: to wait for one that wasn't is no error in CUDA, and
// waits for nothing.
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned /*flags*/) {
  *event = new CUevent_st{};
  return said(cudaSuccess);
}
cudaError_t cudaEventCreate(cudaEvent_t* event) {
  return cudaEventCreateWithFlags(event, 0);
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t /*stream*/) {
  event->recorded = false;
  queue_pending([event] {
    event->recorded = true;
    event->at = std::chrono::steady_clock::now();
    return true;
  });
  return said(cudaSuccess);
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  if (!begin->recorded || !end->recorded) {
    return said(cudaErrorNotReady);
  }
  *milliseconds = std::chrono::duration<float, std::milli>(end->at - begin->at).count();
  return said(cudaSuccess);
}
cudaError_t cudaStreamWaitEvent(cudaStream_t /*stream*/, cudaEvent_t event, unsigned /*flags*/) {
  return said(event->recorded ? cudaSuccess : cudaErrorInvalidValue);
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return said(cudaSuccess);
}

cudaError_t cudaGetLastError() {
  if (fault_here() == Fault::no_code) {
    return cudaErrorNoKernelImageForDevice;  // Nearly all that asks for it has just launched.
  }
  const cudaError_t last = said(device().last);
  device().last = cudaSuccess;
  return last;
}

const char* cudaGetErrorString(cudaError_t error) {
  static const std::map<cudaError_t, const char*> k_sentences{
      {cudaSuccess, "no error"},
      {cudaErrorInvalidValue, "invalid argument"},
      {cudaErrorMemoryAllocation, "out of memory"},
      {cudaErrorStubLibrary, "CUDA driver is a stub library"},
      {cudaErrorInsufficientDriver, "CUDA driver version is insufficient for CUDA runtime version"},
      {cudaErrorDevicesUnavailable, "CUDA-capable device(s) is/are busy or unavailable"},
      {cudaErrorNoDevice, "no CUDA-capable device is detected"},
      {cudaErrorInvalidDevice, "invalid device ordinal"},
      {cudaErrorNoKernelImageForDevice, "no kernel image is available for execution on the device"},
      {cudaErrorECCUncorrectable, "uncorrectable ECC error encountered"},
      {cudaErrorNotReady, "device not ready"},
      {cudaErrorPeerAccessAlreadyEnabled, "peer access is already enabled"},
      {cudaErrorLaunchFailure, "unspecified launch failure"},
      {cudaErrorSystemDriverMismatch,
       "system has unsupported display driver / cuda driver combination"}};
  const auto found = k_sentences.find(error);
  return found == k_sentences.end() ? "unknown error" : found->second;
}
