#include "kernels/host/storage_files.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include "kernels/host/buffer.h"
#include "kernels/host/network_counters.h"
#include "kernels/host/storage_device.h"

namespace assay::storage {
namespace {

constexpr std::uint64_t k_page = 4096;
constexpr std::uint64_t k_million = 1'000'000;
constexpr std::uint64_t k_sector = 512;  // of the kernel's counters, whatever the device has

std::string said(int error) {
  return std::generic_category().message(error);
}

std::string hex_of(long magic) {
  std::ostringstream text;
  text << "0x" << std::hex << magic;
  return text.str();
}

std::optional<std::uint64_t> counter_in(const std::string& file, const std::string& name) {
  std::ifstream lines(file);
  std::string word;
  std::uint64_t value = 0;
  while (lines >> word >> value) {
    if (word == name + ":") {
      return value;
    }
  }
  return std::nullopt;
}

Result<std::uint64_t> resident_by_mincore(int file, std::uint64_t bytes) {
  const Error hidden{Error::Code::not_witnessed,
                     "the system doesn't show which pages of the files are in the page cache"};
  void* const mapped = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED) {
    return hidden;
  }
  std::vector<unsigned char> pages((bytes + k_page - 1) / k_page);
  const bool seen = ::mincore(mapped, bytes, pages.data()) == 0;
  ::munmap(mapped, bytes);
  if (!seen) {
    return hidden;
  }
  const auto resident = std::count_if(pages.begin(), pages.end(),
                                      [](unsigned char page) { return (page & 1U) != 0; });
  return static_cast<std::uint64_t>(resident) * k_million / pages.size();
}

}  // namespace

Result<FileSystem> file_system_of(const std::string& directory) {
  struct stat facts {};
  struct statvfs room {};
  struct statfs kind {};
  if (::stat(directory.c_str(), &facts) != 0 || ::statvfs(directory.c_str(), &room) != 0 ||
      ::statfs(directory.c_str(), &kind) != 0) {
    return Error{Error::Code::unsupported,
                 "the scratch directory " + directory + " can't be used: " + said(errno)};
  }
  const std::string numbers =
      std::to_string(major(facts.st_dev)) + ":" + std::to_string(minor(facts.st_dev));
  const std::string device = "/sys/dev/block/" + numbers;
  const std::string counters = device + "/stat";
  const Mount mount = mounted_in("/proc/self/mountinfo", numbers);
  return FileSystem{.type = mount.type.empty() ? hex_of(kind.f_type) : mount.type,
                    .used_bytes = std::uint64_t{room.f_blocks - room.f_bfree} * room.f_frsize,
                    .available_bytes = std::uint64_t{room.f_bavail} * room.f_frsize,
                    .read_only = (room.f_flag & ST_RDONLY) != 0,
                    .syncs = syncs(mount),
                    .device_of_memory = device_of_memory(device),
                    .volatile_cache = has_volatile_cache(device),
                    .device_counters = ::access(counters.c_str(), R_OK) == 0 ? counters : ""};
}

Result<DirectFile> DirectFile::make(const std::string& path, std::uint64_t bytes, bool direct) {
  DirectFile made;
  const int flags = O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | (direct ? O_DIRECT : 0);
  made.descriptor_ = OwnedDescriptor(::open(path.c_str(), flags, 0600));
  if (made.descriptor() < 0) {
    const bool refused = errno == EINVAL || errno == EOPNOTSUPP;
    return Error{refused ? Error::Code::not_witnessed : Error::Code::unsupported,
                 refused ? "the file system of the scratch directory refuses O_DIRECT: what would "
                           "be measured is the page cache"
                         : "no file can be made in the scratch directory: " + said(errno)};
  }
  struct stat facts {};
  if (::fstat(made.descriptor(), &facts) != 0) {
    return Error{Error::Code::io, "a new file in the scratch directory is gone: " + said(errno)};
  }
  made.inode_ = facts.st_ino;
  if (::fallocate(made.descriptor(), 0, 0, static_cast<off_t>(bytes)) != 0 && errno != EOPNOTSUPP) {
    return Error{Error::Code::unsupported,
                 "the file system of the scratch directory has no room "
                 "for a file of " +
                     std::to_string(bytes) + " bytes: " + said(errno)};
  }
  return made;
}

OwnedDescriptor::OwnedDescriptor(OwnedDescriptor&& other) noexcept
    : number_(std::exchange(other.number_, -1)) {}

OwnedDescriptor& OwnedDescriptor::operator=(OwnedDescriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

OwnedDescriptor::~OwnedDescriptor() {
  if (number_ >= 0) {
    ::close(number_);
  }
}

Result<std::uint64_t> resident_ppm(int file, std::uint64_t bytes) {
  constexpr std::uint64_t k_most_mapped = std::uint64_t{1} << 30U;
  struct statfs kind {};
  if (::fstatfs(file, &kind) != 0 || kind.f_type == OVERLAYFS_SUPER_MAGIC) {
    // cachestat looks at the layer on top, which has no pages; a mapping is one of the file below.
    return resident_by_mincore(file, std::min(bytes, k_most_mapped));
  }
  constexpr long k_cachestat = 451;  // Linux 6.5; glibc 2.36 has no name for it
  std::array<std::uint64_t, 2> range{0, bytes};
  std::array<std::uint64_t, 5> seen{};  // cached, dirty, in writeback, evicted, evicted recently
  if (::syscall(k_cachestat, file, range.data(), seen.data(), 0) == 0) {
    return seen[0] * k_million / std::max<std::uint64_t>(bytes / k_page, 1);
  }
  return resident_by_mincore(file, std::min(bytes, k_most_mapped));
}

Result<Done> drop_cached(int file) {
  const int error = ::fsync(file) != 0 ? errno : ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  if (error != 0) {
    return Error{Error::Code::not_witnessed,
                 "the page cache could not be dropped for a file of the run: " + said(error)};
  }
  return Done{};
}

Result<Done> drop_names() {
  std::ofstream file("/proc/sys/vm/drop_caches");
  file << "3" << std::flush;
  if (!file) {
    return Error{Error::Code::not_witnessed,
                 "names could not be dropped from the system's caches, which takes root"};
  }
  return Done{};
}

Result<Done> flip_bit(int file, std::uint64_t byte, unsigned bit) {
  auto block = Buffer::of_bytes(k_page);
  if (!block) {
    return block.error();
  }
  const auto offset = static_cast<off_t>(byte / k_page * k_page);
  const auto whole = static_cast<ssize_t>(k_page);
  bool moved = ::pread(file, block->data(), k_page, offset) == whole;
  block->as<std::uint8_t>()[byte % k_page] ^= static_cast<std::uint8_t>(1U << bit);
  moved = moved && ::pwrite(file, block->data(), k_page, offset) == whole;
  return moved ? Result<Done>(Done{})
               : Result<Done>(Error{Error::Code::io, "a bit of a file could not be inverted"});
}

int rename_file(const char* from, const char* to) {
  return ::rename(from, to);
}

int sync_file(int file) {
  return ::fsync(file);
}

int sync_file_system(int file) {
  return ::syncfs(file);
}

int create_file(const char* path) {
  return ::open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
}

int remove_file(const char* path) {
  return ::unlink(path);
}

int look_up_file(const char* path, struct stat* facts) {
  return ::stat(path, facts);
}

const dirent* next_name_in(DIR* directory) {
  return ::readdir(directory);  // each caller has a stream of its own
}

MovedBytes moved_bytes(const FileSystem& file_system) {
  MovedBytes moved;
  moved.process_read = counter_in("/proc/self/io", "read_bytes");
  moved.process_written = counter_in("/proc/self/io", "write_bytes");
  // Reads: requests, merged, sectors, time; then the same of writes.
  std::ifstream counters(file_system.device_counters);
  std::array<std::uint64_t, 7> columns{};
  for (std::uint64_t& column : columns) {
    counters >> column;
  }
  if (counters) {
    moved.device_read = columns[2] * k_sector;
    moved.device_written = columns[6] * k_sector;
  }
  if (const auto network = read_network_counters()) {
    moved.network_read = static_cast<std::uint64_t>(network->received);
    moved.network_written = static_cast<std::uint64_t>(network->sent);
  } else {
    moved.network_fault = network.error().message;
  }
  return moved;
}

}  // namespace assay::storage
