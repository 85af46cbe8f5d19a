#include "kernels/host/scratch_space.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

namespace assay::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_prefix = "assay-scratch-";
constexpr const char* k_lock = "/lock";
constexpr int k_tries = 5;

/// The lock goes last: while it is there, nobody else takes the folder for his.
void remove_space(const std::string& path, int lock) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(path, ignored)) {
    if (entry.path().filename() != "lock") {
      fs::remove_all(entry.path(), ignored);
    }
  }
  fs::remove_all(path, ignored);
  ::close(lock);
}

/// The lock of a new folder, or -1 if someone who cleans up took the folder meanwhile.
int take_lock(const std::string& path) {
  const int lock = ::open((path + k_lock).c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (lock < 0) {
    return -1;
  }
  struct stat facts {};
  if (::flock(lock, LOCK_EX | LOCK_NB) == 0 && ::fstat(lock, &facts) == 0 && facts.st_nlink > 0) {
    return lock;
  }
  ::close(lock);
  return -1;
}

bool remove_if_left(const std::string& path) {
  const int lock = ::open((path + k_lock).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (lock < 0) {
    return errno == ENOENT && ::rmdir(path.c_str()) == 0;  // killed before it had a lock
  }
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return false;
  }
  remove_space(path, lock);
  return true;
}

}  // namespace

std::uint32_t remove_left_spaces(const std::string& directory) {
  std::uint32_t removed = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored)) {
    const bool is_ours = entry.path().filename().string().rfind(k_prefix, 0) == 0;
    if (is_ours && fs::is_directory(entry.symlink_status(ignored)) &&
        remove_if_left(entry.path().string())) {
      ++removed;
    }
  }
  return removed;
}

Result<std::unique_ptr<ScratchSpace>> ScratchSpace::make(const std::string& directory) {
  static_cast<void>(remove_left_spaces(directory));
  int error = 0;
  for (int i = 0; i < k_tries; ++i) {
    std::string path = directory + "/" + std::string(k_prefix) + "XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) {
      error = errno;
      break;
    }
    if (const int lock = take_lock(path); lock >= 0) {
      return std::unique_ptr<ScratchSpace>(new ScratchSpace(std::move(path), lock));
    }
    error = errno;
    ::rmdir(path.c_str());
  }
  const std::string where = "the scratch directory " + directory;
  return Error{Error::Code::unsupported,
               error == EROFS ? where + " is on a file system that is mounted read-only"
                              : where + " takes no folder with a lock in it: " +
                                    std::generic_category().message(error)};
}

ScratchSpace::~ScratchSpace() {
  remove_space(path_, lock_);
}

}  // namespace assay::storage
