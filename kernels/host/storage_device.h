// What lies under a file system: how it is mounted, and on what kind of block device.
#pragma once

#include <optional>
#include <string>

namespace assay::storage {

struct Mount {
  std::string type;     ///< "ext4"; "" where the table has no such device.
  std::string options;  ///< Of the file system, not of the place: "rw,nobarrier".
};

/// Of the device "254:0" in a table as /proc/self/mountinfo (proc(5)).
[[nodiscard]] Mount mounted_in(const std::string& table, const std::string& device);

/// Whether fsync on it is to make anything durable: not where it is told to send no flush (ext4,
/// btrfs: nobarrier, barrier=0; overlay: volatile).
[[nodiscard]] bool syncs(const Mount& mount);

/// The name of what the block device `path` (of /sys/dev/block) or one below it is, if that is
/// memory or a file ("ram0", "zram1", "loop3"): a page cache by another name. Else "".
[[nodiscard]] std::string device_of_memory(const std::string& path);

/// Whether the device says that it has a volatile cache, which fsync has it write out. None where
/// it says nothing.
[[nodiscard]] std::optional<bool> has_volatile_cache(const std::string& path);

}  // namespace assay::storage
