#include "harness/run/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace assay {
namespace {

constexpr std::array<const char*, 2> k_places{"/dev/shm", "/tmp"};
constexpr std::string_view k_prefix = "assay-run-";

/// The lock of a folder, taken; -1 where it is missing or another process has it.
int lock_of(const std::string& folder) {
  const int lock = ::open((folder + "/lock").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (lock >= 0 && ::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return -1;
  }
  return lock;
}

/// Taken before it has its name, so that nobody finds it free.
int new_lock_in(const std::string& folder) {
  const std::string unnamed = folder + "/lock.new";
  const int lock = ::open(unnamed.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool is_taken = lock >= 0 && ::flock(lock, LOCK_EX | LOCK_NB) == 0 &&
                        std::rename(unnamed.c_str(), (folder + "/lock").c_str()) == 0;
  if (lock >= 0 && !is_taken) {
    ::close(lock);
  }
  return is_taken ? lock : -1;
}

void remove_left_over(const char* place) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(place, ignored)) {
    struct stat facts {};
    const std::string path = entry.path().string();
    if (!entry.path().filename().string().starts_with(k_prefix) ||
        ::lstat(path.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode) ||
        facts.st_uid != ::geteuid()) {
      continue;
    }
    if (const int lock = lock_of(path); lock >= 0) {
      std::filesystem::remove_all(path, ignored);
      ::close(lock);
    }
  }
}

}  // namespace

Result<RunFolder> RunFolder::make() {
  for (const char* place : k_places) {
    remove_left_over(place);
  }
  for (const char* place : k_places) {
    std::string name = std::string(place) + "/" + std::string(k_prefix) + "XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
      continue;
    }
    RunFolder folder;
    folder.path_ = std::move(name);
    folder.lock_ = new_lock_in(folder.path_);
    if (folder.lock_ >= 0) {
      return folder;
    }
  }
  return Error{Error::Code::io, "can't make a folder in /dev/shm or /tmp"};
}

RunFolder::RunFolder(RunFolder&& other) noexcept
    : path_(std::exchange(other.path_, "")), lock_(std::exchange(other.lock_, -1)) {}

RunFolder& RunFolder::operator=(RunFolder&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  return *this;
}

RunFolder::~RunFolder() {
  std::error_code ignored;
  if (!path_.empty()) {
    std::filesystem::remove_all(path_, ignored);
  }
  if (lock_ >= 0) {
    ::close(lock_);
  }
}

}  // namespace assay
