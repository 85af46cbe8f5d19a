#include "harness/run/lines.h"

#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace assay {

bool write_line(int descriptor, std::string_view line) {
  std::string bytes(line);
  bytes += '\n';
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t count = ::write(descriptor, bytes.data() + written, bytes.size() - written);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return false;
    }
    written += static_cast<std::size_t>(count);
  }
  return true;
}

bool LineBuffer::fill_from(int descriptor) {
  std::array<char, std::size_t{1} << 16U> piece{};
  ssize_t count = 0;
  do {
    count = ::read(descriptor, piece.data(), piece.size());
  } while (count < 0 && errno == EINTR);
  if (count <= 0) {
    return false;
  }
  bytes_.append(piece.data(), static_cast<std::size_t>(count));
  return true;
}

std::optional<std::string> LineBuffer::next() {
  const std::size_t end = bytes_.find('\n', searched_);
  if (end == std::string::npos) {
    searched_ = bytes_.size();
    return std::nullopt;
  }
  std::string line = bytes_.substr(0, end);
  bytes_.erase(0, end + 1);
  searched_ = 0;
  return line;
}

}  // namespace assay
