// cuFile (GPUDirect Storage) by own declarations, loaded at run time: its header isn't needed to
// build, nor the library to start.
//
// Names and values are those of NVIDIA's cuFile API reference (CUDA 13); tests compare them with
// cufile.h where it is installed.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include "harness/model/result.h"

namespace assay::cuda {

namespace cufile {

/// An error of cuFile's own, or 5011 and one of the CUDA driver.
struct Status {
  int error = 0;
  int cuda_error = 0;
};

inline constexpr int k_success = 0;
inline constexpr int k_no_driver = 5001;        ///< nvidia-fs is not loaded.
inline constexpr int k_driver_mismatch = 5004;  ///< Of nvidia-fs and the library.
inline constexpr int k_driver_unread = 5005;
inline constexpr int k_no_platform = 5007;
inline constexpr int k_no_file = 5008;  ///< That the direct path could move.
inline constexpr int k_no_device = 5009;
inline constexpr int k_cuda_error = 5011;
inline constexpr int k_internal_error = 5030;

inline constexpr int k_linux_descriptor = 1;

struct Description {
  int type = k_linux_descriptor;
  union {
    int descriptor;
    void* handle;
  } file{.handle = nullptr};
  const void* operations = nullptr;  ///< Of file systems in user space.
};

inline constexpr unsigned k_allows_compat_bit = 1;  ///< Of control_flags.

struct DriverFacts {
  unsigned major = 0, minor = 0;
  std::size_t poll_kib = 0, most_direct_kib = 0;
  unsigned status_flags = 0, control_flags = 0;
};

/// Newer libraries write more behind what older ones wrote.
struct Properties {
  DriverFacts driver;
  std::array<unsigned, 32> others{};
};

/// Of cuFileGetParameterBool.
enum Parameter : int { allow_compat_mode = 1, force_compat_mode = 2 };

using Handle = void*;

using GetVersion = Status(int* version);
using DriverOpen = Status();
using DriverClose = Status();
using DriverGetProperties = Status(Properties* properties);
using GetParameterBool = Status(int parameter, bool* value);
using HandleRegister = Status(Handle* handle, Description* description);
using HandleDeregister = void(Handle handle);
using BufRegister = Status(const void* base, std::size_t bytes, int flags);
using BufDeregister = Status(const void* base);
/// Bytes moved; -1 with errno; or an error of cuFile's, negated.
using Read = ssize_t(Handle handle, void* base, std::size_t bytes, off_t file_offset,
                     off_t base_offset);
using Write = ssize_t(Handle handle, const void* base, std::size_t bytes, off_t file_offset,
                      off_t base_offset);

}  // namespace cufile

/// The functions of the library that was found.
struct CuFile {
  std::string version;  ///< "1.13.0"; "" where it is too old to say it.
  cufile::DriverOpen* driver_open = nullptr;
  cufile::DriverClose* driver_close = nullptr;
  cufile::DriverGetProperties* driver_get_properties = nullptr;
  cufile::GetParameterBool* get_parameter_bool = nullptr;  ///< Null before 1.14.
  cufile::HandleRegister* handle_register = nullptr;
  cufile::HandleDeregister* handle_deregister = nullptr;
  cufile::BufRegister* buf_register = nullptr;
  cufile::BufDeregister* buf_deregister = nullptr;
  cufile::Read* read = nullptr;
  cufile::Write* write = nullptr;
};

/// Fails with unsupported, naming the file, if it is not there or lacks a function.
[[nodiscard]] Result<CuFile> load_cufile();

/// The library's compatibility mode moves bytes by POSIX calls through memory of the host. Without
/// it what can't go directly is refused. Before the driver is opened.
void forbid_compat_mode();

/// Fails with not_witnessed where what a direct path needs is not there, else with io. `call`: what
/// was tried.
[[nodiscard]] Result<Done> check_file(cufile::Status status, const std::string& call);

/// Whether bytes may go through the host's memory: by its parameters where it shows them, else by
/// its driver's properties; none where it shows neither.
[[nodiscard]] std::optional<bool> may_bounce(const CuFile& cufile);

}  // namespace assay::cuda
