// The outside of what moves files. Tests put a device in its place that lies.
#pragma once

#include <dirent.h>
#include <sys/stat.h>

#include <functional>

#include "kernels/host/io_queue.h"
#include "kernels/host/storage_files.h"

namespace assay {

/// What ends with 0 or -1 and errno is as the function of the system.
struct StorageOutside {
  storage::QueueMaker queue = storage::make_io_queue;
  bool direct = true;
  std::function<Result<std::uint64_t>(int, std::uint64_t)> resident = storage::resident_ppm;
  std::function<Result<Done>(int)> drop = storage::drop_cached;
  std::function<storage::MovedBytes(const storage::FileSystem&)> moved = storage::moved_bytes;

  std::function<int(const char*, const char*)> rename = storage::rename_file;
  std::function<int(int)> sync = storage::sync_file;
  std::function<int(int)> sync_all = storage::sync_file_system;
  std::function<int(const char*)> create = storage::create_file;  ///< For writing; a new one.
  std::function<int(const char*)> remove = storage::remove_file;
  std::function<int(const char*, struct stat*)> look_up = storage::look_up_file;
  std::function<const dirent*(DIR*)> next_name = storage::next_name_in;
  std::function<Result<Done>()> drop_names = storage::drop_names;
};

namespace storage {

/// Fails with not_witnessed where what was just written past the page cache to the first `bytes` of
/// `file` is in it, or nothing of the file system is on a device: see check_device().
[[nodiscard]] Result<Done> prove_direct(const StorageOutside& outside,
                                        const FileSystem& file_system, bool writes, int file,
                                        std::uint64_t bytes);

}  // namespace storage
}  // namespace assay
