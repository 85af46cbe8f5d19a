#include "reports/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "reports/descriptor.h"

namespace assay {
namespace {

Error error_at(const std::string& path, int number) {
  const auto code = number == ENOENT ? Error::Code::not_found : Error::Code::io;
  return Error{code, path + ": " + std::generic_category().message(number)};
}

/// The whole file, `size` bytes when it was looked at. It may have grown since then.
Result<std::string> read_all(const Descriptor& file, const std::string& path, std::size_t size,
                             std::size_t cap) {
  std::string bytes(size + 1, '\0');
  std::size_t have = 0;
  while (true) {
    const auto got = read_into(file, bytes, have);
    if (!got) {
      return Error{Error::Code::io, path + ": " + got.error().message};
    }
    have = *got;
    if (have > cap) {
      return Error{Error::Code::bad_input,
                   path + ": is larger than " + std::to_string(cap) + " bytes"};
    }
    if (have < bytes.size()) {
      bytes.resize(have);
      return bytes;
    }
    bytes.resize(have * 2);
  }
}

std::string folder_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

bool sync_folder(const std::string& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened.is_open() && ::fsync(opened.number()) == 0;
}

/// `links`: O_NOFOLLOW, or 0 to follow a symbolic link.
Result<std::string> read_regular(const std::string& path, std::size_t cap, int links) {
  // O_NONBLOCK: a FIFO in place of the file must not make the reader wait.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | links));
  if (!file.is_open()) {
    if (errno == ELOOP && links == O_NOFOLLOW) {
      return Error{Error::Code::bad_input, path + ": is a symbolic link"};
    }
    return error_at(path, errno);
  }
  struct stat facts {};
  if (::fstat(file.number(), &facts) != 0) {
    return error_at(path, errno);
  }
  if (!S_ISREG(facts.st_mode)) {
    return Error{Error::Code::bad_input, path + ": is no regular file"};
  }
  const auto size = static_cast<std::size_t>(facts.st_size);
  if (size > cap) {
    return Error{Error::Code::bad_input,
                 path + ": is larger than " + std::to_string(cap) + " bytes"};
  }
  return read_all(file, path, size, cap);
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t cap) {
  return read_regular(path, cap, O_NOFOLLOW);
}

Result<std::string> read_named_file(const std::string& path, std::size_t cap) {
  return read_regular(path, cap, 0);
}

Result<Done> write_file(const std::string& path, std::string_view bytes, unsigned mode) {
  const std::string part = path + ".part" + std::to_string(::getpid());
  ::unlink(part.c_str());  // left by a process of the same number that was killed
  Descriptor file(
      ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode_t{mode}));
  if (!file.is_open()) {
    return error_at(part, errno);
  }
  if (!write_all(file, bytes) || ::fsync(file.number()) != 0 || !file.close() ||
      std::rename(part.c_str(), path.c_str()) != 0) {
    const Error error = error_at(path, errno);
    ::unlink(part.c_str());
    return error;
  }
  if (!sync_folder(folder_of(path))) {
    return error_at(folder_of(path), errno);
  }
  return Done{};
}

Result<Done> make_folder(const std::string& path) {
  std::error_code code;
  std::filesystem::create_directories(path, code);
  if (code) {
    return Error{Error::Code::io, path + ": " + code.message()};
  }
  return Done{};
}

}  // namespace assay
