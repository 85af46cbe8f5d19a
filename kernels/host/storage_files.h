// What the system says of a file system, its files and the bytes that were really moved.
#pragma once

#include <dirent.h>
#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

#include "harness/model/result.h"

namespace assay::storage {

struct FileSystem {
  std::string type;  ///< "ext4", as the mount table says it; else its magic number.
  std::uint64_t used_bytes = 0, available_bytes = 0;  ///< What is reserved is neither.
  bool read_only = false;
  bool syncs = true;                   ///< See storage_device.h, as the two below.
  std::string device_of_memory;        ///< "" where it is none.
  std::optional<bool> volatile_cache;  ///< None where no device says so.
  std::string device_counters;  ///< File with those of its block device; "" where it has none.
};

/// Of an existing directory. Fails with unsupported, naming it.
[[nodiscard]] Result<FileSystem> file_system_of(const std::string& directory);

/// Closed with it.
class OwnedDescriptor {
 public:
  OwnedDescriptor() = default;
  explicit OwnedDescriptor(int number) : number_(number) {}
  OwnedDescriptor(OwnedDescriptor&& other) noexcept;
  OwnedDescriptor& operator=(OwnedDescriptor&& other) noexcept;
  OwnedDescriptor(const OwnedDescriptor&) = delete;
  OwnedDescriptor& operator=(const OwnedDescriptor&) = delete;
  ~OwnedDescriptor();

  [[nodiscard]] int number() const { return number_; }  ///< -1: none.

 private:
  int number_ = -1;
};

/// A file open past the page cache.
class DirectFile {
 public:
  /// A new one of `bytes`, whose room is taken at once where the file system can. Fails with
  /// not_witnessed where O_DIRECT is refused, and with unsupported where there is no room.
  static Result<DirectFile> make(const std::string& path, std::uint64_t bytes, bool direct);

  [[nodiscard]] int descriptor() const { return descriptor_.number(); }
  [[nodiscard]] std::uint64_t inode() const { return inode_; }

 private:
  OwnedDescriptor descriptor_;
  std::uint64_t inode_ = 0;
};

/// Which share of the file's first `bytes` is in the page cache, in millionths: by cachestat; where
/// there is none or an overlay hides the file from it, by mincore over no more than a GiB. Fails
/// with not_witnessed where the system shows neither.
[[nodiscard]] Result<std::uint64_t> resident_ppm(int file, std::uint64_t bytes);

/// Writes out and drops what the page cache holds of the file. Fails with not_witnessed.
[[nodiscard]] Result<Done> drop_cached(int file);

/// Drops all names, inodes and pages that the system caches of any file system. Fails with
/// not_witnessed, saying that it takes root.
[[nodiscard]] Result<Done> drop_names();

/// Inverts one bit of a file; its blocks are read and written whole. Fails with io.
[[nodiscard]] Result<Done> flip_bit(int file, std::uint64_t byte, unsigned bit);

/// As rename, fsync, syncfs, open of a new file for writing, unlink, stat and readdir.
[[nodiscard]] int rename_file(const char* from, const char* to);
[[nodiscard]] int sync_file(int file);
[[nodiscard]] int sync_file_system(int file);
[[nodiscard]] int create_file(const char* path);
[[nodiscard]] int remove_file(const char* path);
[[nodiscard]] int look_up_file(const char* path, struct stat* facts);
[[nodiscard]] const dirent* next_name_in(DIR* directory);

/// Counted since the process and the device began; none where the system doesn't show it.
struct MovedBytes {
  std::optional<std::uint64_t> process_read, process_written;  ///< /proc/self/io
  std::optional<std::uint64_t> device_read, device_written;    ///< Of all who use the device.
  /// Received and sent by the host's network devices, for whomever; none for `network_fault`.
  std::optional<std::uint64_t> network_read, network_written;
  std::string network_fault;
};
[[nodiscard]] MovedBytes moved_bytes(const FileSystem& file_system);

}  // namespace assay::storage
