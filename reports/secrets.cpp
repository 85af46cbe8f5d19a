#include "reports/secrets.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <openssl/crypto.h>

#include "reports/descriptor.h"

namespace assay {
namespace {

constexpr std::size_t k_largest_secret = std::size_t{64} << 10;
constexpr std::size_t k_longest_passphrase = 1024;

Error refused(const std::string& path, const std::string& why) {
  return Error{Error::Code::bad_input, path + ": " + why};
}

Error failed(const std::string& path) {
  const auto code = errno == ENOENT ? Error::Code::not_found : Error::Code::io;
  return Error{code, path + ": " + std::generic_category().message(errno)};
}

struct Place {
  std::string folder, name;
};

Place place_of(const std::string& path) {
  const std::filesystem::path whole(path);
  const std::string folder = whole.parent_path().string();
  return {folder.empty() ? "." : folder, whole.filename().string()};
}

/// The folder, opened, if nobody but this user and root can put files into it.
Result<Descriptor> open_private_folder(const std::string& folder) {
  Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!opened.is_open()) {
    return failed(folder);
  }
  struct stat facts {};
  if (::fstat(opened.number(), &facts) != 0) {
    return failed(folder);
  }
  if (facts.st_uid != ::geteuid() && facts.st_uid != 0) {
    return refused(folder, "a folder for keys must belong to the user who signs");
  }
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return refused(folder, "a folder for keys must not be writable by group or others");
  }
  return opened;
}

Result<Done> check_secret(const Descriptor& file, const std::string& path) {
  struct stat facts {};
  if (::fstat(file.number(), &facts) != 0) {
    return failed(path);
  }
  if (!S_ISREG(facts.st_mode)) {
    return refused(path, "is no regular file");
  }
  if (facts.st_uid != ::geteuid()) {
    return refused(path, "belongs to another user");
  }
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return refused(path, "may be used by group or others; a secret must have mode 0600");
  }
  return Done{};
}

/// Everything up to `cap` bytes; more is an error.
Result<Secret> read_up_to(const Descriptor& file, const std::string& path, std::size_t cap) {
  std::string bytes(cap + 1, '\0');  // never moved while it grows, so that no copy stays behind
  const auto have = read_into(file, bytes);
  if (!have) {
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return refused(path, have.error().message);
  }
  Secret secret(std::string(bytes, 0, *have));
  OPENSSL_cleanse(bytes.data(), bytes.size());
  if (*have > cap) {
    return refused(path, "is larger than " + std::to_string(cap) + " bytes");
  }
  return secret;
}

Result<Secret> first_line(const Secret& bytes, const std::string& place) {
  std::string_view text = bytes.text();
  if (!text.empty() && text.back() == '\n') {
    text.remove_suffix(1);
  }
  if (text.empty()) {
    return refused(place, "the passphrase is empty");
  }
  if (text.size() > k_longest_passphrase) {
    return refused(place, "the passphrase is longer than 1024 bytes");
  }
  if (text.find('\n') != std::string_view::npos || text.find('\0') != std::string_view::npos) {
    return refused(place, "the passphrase must be one line");
  }
  return Secret(std::string(text));
}

}  // namespace

Secret::Secret(Secret&& other) noexcept {
  text_.swap(other.text_);  // leaves no copy: a short text lies in the object itself
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    text_.swap(other.text_);
  }
  return *this;
}

Secret::~Secret() {
  wipe();
}

void Secret::wipe() {
  OPENSSL_cleanse(text_.data(), text_.size());
  text_.clear();
}

Result<Done> write_secret_file(const std::string& path, std::string_view bytes) {
  const Place place = place_of(path);
  const auto folder = open_private_folder(place.folder);
  if (!folder) {
    return folder.error();
  }
  Descriptor file(::openat(folder->number(), place.name.c_str(),
                           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.is_open()) {
    return failed(path);
  }
  if (::fchmod(file.number(), 0600) != 0 || !write_all(file, bytes) ||
      ::fsync(file.number()) != 0 || !file.close() || ::fsync(folder->number()) != 0) {
    const Error error = failed(path);
    ::unlinkat(folder->number(), place.name.c_str(), 0);
    return error;
  }
  return Done{};
}

Result<Secret> read_secret_file(const std::string& path) {
  const Place place = place_of(path);
  const auto folder = open_private_folder(place.folder);
  if (!folder) {
    return folder.error();
  }
  const Descriptor file(::openat(folder->number(), place.name.c_str(),
                                 O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) {
    return errno == ELOOP ? refused(path, "is a symbolic link") : failed(path);
  }
  if (auto checked = check_secret(file, path); !checked) {
    return checked.error();
  }
  return read_up_to(file, path, k_largest_secret);
}

Result<Secret> read_passphrase(int descriptor) {
  const std::string place = "descriptor " + std::to_string(descriptor);
  const Descriptor copy(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  if (!copy.is_open()) {
    return failed(place);
  }
  auto bytes = read_up_to(copy, place, k_longest_passphrase + 1);
  return bytes ? first_line(*bytes, place) : std::move(bytes);
}

Result<Secret> read_passphrase(const std::string& path) {
  auto bytes = read_secret_file(path);
  return bytes ? first_line(*bytes, path) : std::move(bytes);
}

void keep_memory_private() {
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace assay
