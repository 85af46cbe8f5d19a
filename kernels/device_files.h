// Files that are read into and written from the memory of a device, past that of its host: what a
// backend has of it. Files, what is in them and what is found there are the caller's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "kernels/backend.h"

namespace assay {

/// A part of a file and of the device's buffer. Bytes; all multiples of 4096.
struct DeviceStretch {
  std::size_t file = 0;  ///< As add_file() counted, from 0.
  std::uint64_t file_offset = 0;
  std::uint64_t buffer_offset = 0;
  std::uint64_t bytes = 0;
};

/// Which way bytes went, as library and system say it: of all processes, since the system began.
struct DirectPath {
  std::optional<bool> may_bounce;  ///< Whether the library may take the host's memory in between.
  std::optional<std::uint64_t> read_bytes, written_bytes;  ///< Moved directly.
  std::string why_not;  ///< Why there are no bytes; "" where there are.
};

/// One buffer of a device's memory, ready for files.
class DeviceFiles {
 public:
  DeviceFiles() = default;
  DeviceFiles(const DeviceFiles&) = delete;
  DeviceFiles& operator=(const DeviceFiles&) = delete;
  /// Its files are still open then.
  virtual ~DeviceFiles() = default;

  /// "1.13.0"; "" where the library doesn't say it.
  [[nodiscard]] virtual std::string version() const = 0;
  [[nodiscard]] virtual DirectPath path() const = 0;

  /// Open past the page cache, for reading and writing; stays the caller's. Fails with
  /// not_witnessed where the library would move it through the host's memory or not at all.
  virtual Result<Done> add_file(int descriptor) = 0;

  /// Moves, and returns how many bytes were moved. From any number of threads at once. Fails as
  /// the device does, and with io.
  virtual Result<std::uint64_t> read(const DeviceStretch& stretch) = 0;
  virtual Result<std::uint64_t> write(const DeviceStretch& stretch) = 0;

  // The buffer, from and to the host. By one thread at a time, while nothing is read or written.
  virtual Result<Done> fill(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
  virtual Result<Done> fetch(std::uint64_t offset, std::span<std::byte> bytes) = 0;
  /// Sets all of these bytes to what no file of a test holds.
  virtual Result<Done> wipe(std::uint64_t offset, std::uint64_t bytes) = 0;
};

/// A backend whose devices read and write files is this, too. Of a problem of files it prepares
/// nothing itself.
class FileBackend {
 public:
  FileBackend() = default;
  FileBackend(const FileBackend&) = delete;
  FileBackend& operator=(const FileBackend&) = delete;
  virtual ~FileBackend() = default;

  /// Fails with unsupported, naming what is missing.
  virtual Result<Done> supports_files(const Device& device) = 0;
  /// With a buffer of so many bytes. Fails as supports_files(), and with not_witnessed where the
  /// library is there and what it needs to pass the host's memory by is not.
  virtual Result<std::unique_ptr<DeviceFiles>> open_files(const Device& device,
                                                          std::uint64_t buffer_bytes) = 0;
};

}  // namespace assay
