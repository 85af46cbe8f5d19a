#include "tests/doubles/cuda/cufile.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "kernels/cuda/cufile.h"
#include "kernels/cuda/direct_counters.h"
#include "tests/doubles/cuda/device.h"
#include "tests/doubles/cuda/machine.h"

namespace assay::emulated {
namespace {

namespace cufile = cuda::cufile;
using cufile::Status;

constexpr int k_invalid_value = 5022;
constexpr int k_not_registered = 5024;
constexpr int k_closed = 5001;
constexpr std::size_t k_page = 4096;
constexpr off_t k_page_offset = 4096;

/// Of this process, but for the counters, which nvidia-fs would have for all.
struct Library {
  std::mutex mutex;
  bool is_open = false;
  bool allows_compat = false;
  std::map<void*, int> files;  ///< Descriptors by handle.
  std::map<const std::byte*, std::size_t> buffers;
  std::uint64_t read_bytes = 0, written_bytes = 0;  ///< Moved directly.
};

Library& library() {
  static Library the_library;
  return the_library;
}

bool is_told(const char* variable, bool fallback) {
  const char* const value =
      ::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nobody sets it now
  return value == nullptr ? fallback : std::string(value) == "true";
}

Status get_version(int* version) {
  *version = machine().cufile;
  return {};
}

/// Without nvidia-fs there is only the compatibility mode.
Status driver_open() {
  Library& own = library();
  own.allows_compat = is_told("CUFILE_ALLOW_COMPAT_MODE", true) ||
                      is_told("CUFILE_FORCE_COMPAT_MODE", false) ||
                      fault_here() == Fault::compat_files;
  own.is_open = machine().nvfs || own.allows_compat;
  return {.error = own.is_open ? cufile::k_success : cufile::k_no_driver};
}

Status driver_close() {
  library().is_open = false;
  return {};
}

Status driver_get_properties(cufile::Properties* properties) {
  *properties = {};
  properties->driver.major = 2;
  properties->driver.minor = 20;
  const unsigned allows = library().allows_compat ? 1 : 0;
  properties->driver.control_flags = allows << cufile::k_allows_compat_bit;
  return {.error = library().is_open ? cufile::k_success : k_closed};
}

Status get_parameter_bool(int parameter, bool* value) {
  *value = library().allows_compat && parameter == cufile::allow_compat_mode;
  return {};
}

Status handle_register(cufile::Handle* handle, cufile::Description* description) {
  Library& own = library();
  if (!own.is_open || description->type != cufile::k_linux_descriptor ||
      ::fcntl(description->file.descriptor, F_GETFD) < 0) {
    return {.error = own.is_open ? k_invalid_value : k_closed};
  }
  auto* const made = new int(description->file.descriptor);
  own.files.emplace(made, *made);
  *handle = made;
  return {};
}

void handle_deregister(cufile::Handle handle) {
  library().files.erase(handle);
  delete static_cast<int*>(handle);
}

Status buf_register(const void* base, std::size_t bytes, int flags) {
  if (!library().is_open || flags != 0 || !is_device_memory(base, bytes)) {
    return {.error = library().is_open ? k_invalid_value : k_closed};
  }
  library().buffers.emplace(static_cast<const std::byte*>(base), bytes);
  return {};
}

Status buf_deregister(const void* base) {
  const bool known = library().buffers.erase(static_cast<const std::byte*>(base)) == 1;
  return {.error = known ? cufile::k_success : k_not_registered};
}

struct Request {
  std::byte* memory = nullptr;
  int file = -1;
  std::size_t bytes = 0;
  off_t offset = 0;
  bool writes = false;
  Fault fault = Fault::none;
};

/// What a drive's own engine does with any address, the host's calls do with a page.
ssize_t move(const Request& request) {
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  const std::unique_ptr<void, Free> page(std::aligned_alloc(k_page, request.bytes));
  if (request.writes) {
    std::memcpy(page.get(), request.memory, request.bytes);
    if (request.fault == Fault::wrong_bit) {
      static_cast<std::byte*>(page.get())[request.bytes / 2] ^= std::byte{4};
    }
    return ::pwrite(request.file, page.get(), request.bytes, request.offset);
  }
  const ssize_t moved = ::pread(request.file, page.get(), request.bytes, request.offset);
  if (moved > 0) {
    std::memcpy(request.memory, page.get(), static_cast<std::size_t>(moved));
  }
  if (moved > 0 && request.fault == Fault::wrong_bit) {
    request.memory[moved / 2] ^= std::byte{4};
  }
  return moved;
}

/// By its fault, whole pages at whole pages of a registered buffer only: else cuFile takes other
/// ways.
ssize_t transfer(cufile::Handle handle, const void* base, Request request, off_t base_offset) {
  Library& own = library();
  {
    const std::lock_guard lock(own.mutex);
    const auto file = own.files.find(handle);
    const auto buffer = own.buffers.find(static_cast<const std::byte*>(base));
    const auto end = static_cast<std::size_t>(base_offset) + request.bytes;
    if (file == own.files.end() || buffer == own.buffers.end() || end > buffer->second ||
        request.bytes == 0 || request.bytes % k_page != 0 || base_offset % k_page_offset != 0 ||
        request.offset % k_page_offset != 0) {
      return -k_invalid_value;
    }
    request.file = file->second;
    request.fault = product_is_spoiled() ? fault_here() : Fault::none;
    request.memory = const_cast<std::byte*>(buffer->first) + base_offset;
  }
  if (request.fault == Fault::skipped) {
    return static_cast<ssize_t>(request.bytes);
  }
  if (request.fault == Fault::refused_files || request.fault == Fault::lost) {
    return request.fault == Fault::lost ? -cufile::k_cuda_error : -cufile::k_internal_error;
  }
  if (request.fault == Fault::short_files) {
    request.bytes -= k_page;
  }
  const ssize_t moved = request.bytes == 0 ? 0 : move(request);
  const bool is_direct =
      machine().nvfs && !own.allows_compat && fault_here() != Fault::bounced_files;
  if (moved > 0 && is_direct) {
    const std::lock_guard lock(own.mutex);
    (request.writes ? own.written_bytes : own.read_bytes) += static_cast<std::uint64_t>(moved);
  }
  return moved;
}

ssize_t read(cufile::Handle handle, void* base, std::size_t bytes, off_t file_offset,
             off_t base_offset) {
  return transfer(handle, base, {.bytes = bytes, .offset = file_offset}, base_offset);
}

ssize_t write(cufile::Handle handle, const void* base, std::size_t bytes, off_t file_offset,
              off_t base_offset) {
  return transfer(handle, base, {.bytes = bytes, .offset = file_offset, .writes = true},
                  base_offset);
}

// That these are the functions that are declared and no others.
template <class Declared>
constexpr std::pair<std::string_view, void*> named(std::string_view name, Declared* function) {
  return {name, reinterpret_cast<void*>(function)};
}

}  // namespace

void* cufile_function(std::string_view name) {
  constexpr int k_first_with_parameters = 1140;
  static const std::array k_functions{
      named<cufile::GetVersion>("cuFileGetVersion", get_version),
      named<cufile::DriverOpen>("cuFileDriverOpen", driver_open),
      named<cufile::DriverClose>("cuFileDriverClose_v2", driver_close),
      named<cufile::DriverGetProperties>("cuFileDriverGetProperties", driver_get_properties),
      named<cufile::GetParameterBool>("cuFileGetParameterBool", get_parameter_bool),
      named<cufile::HandleRegister>("cuFileHandleRegister", handle_register),
      named<cufile::HandleDeregister>("cuFileHandleDeregister", handle_deregister),
      named<cufile::BufRegister>("cuFileBufRegister", buf_register),
      named<cufile::BufDeregister>("cuFileBufDeregister", buf_deregister),
      named<cufile::Read>("cuFileRead", read),
      named<cufile::Write>("cuFileWrite", write)};
  if (name == "cuFileGetParameterBool" && machine().cufile < k_first_with_parameters) {
    return nullptr;
  }
  const auto* const found = std::find_if(k_functions.begin(), k_functions.end(),
                                         [&](const auto& known) { return known.first == name; });
  return found == k_functions.end() ? nullptr : found->second;
}

}  // namespace assay::emulated

/// As nvidia-fs shows it.
std::string assay::cuda::direct_counters_text() {
  using assay::emulated::library;
  if (!assay::emulated::machine().nvfs) {
    return "";
  }
  const std::lock_guard lock(library().mutex);
  const std::string state = assay::emulated::machine().counts ? "Enabled" : "Disabled";
  return "GDS Version: 1.13.0.11\nNVFS statistics(ver: 4.0)\nNVFS Driver(version: 2.20.6)\n"
         "Mellanox PeerDirect Supported: True\nIO stats: " +
         state +
         ", peer IO stats: Enabled\nLogging level: info\n\nReads\t\t\t\t: n=0 ok=0 err=0 readMiB=" +
         std::to_string(library().read_bytes >> 20U) +
         " io_state_err=0\nWrites\t\t\t\t: n=0 ok=0 err=0 writeMiB=" +
         std::to_string(library().written_bytes >> 20U) + " io_state_err=0 pg-cache=0\n";
}
