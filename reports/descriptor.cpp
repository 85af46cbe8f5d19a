#include "reports/descriptor.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace assay {

bool Descriptor::close() {
  const int number = number_;
  number_ = -1;
  return number < 0 || ::close(number) == 0;
}

Result<std::size_t> read_into(const Descriptor& file, std::string& buffer, std::size_t from) {
  while (from < buffer.size()) {
    const ssize_t got = ::read(file.number(), buffer.data() + from, buffer.size() - from);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return Error{Error::Code::io, std::generic_category().message(errno)};
    }
    if (got == 0) {
      break;
    }
    from += static_cast<std::size_t>(got);
  }
  return from;
}

bool write_all(const Descriptor& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(file.number(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) {
      continue;
    }
    if (put < 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

}  // namespace assay
