#include "harness/run/kernel_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>

#include "harness/model/xid.h"

namespace assay {
namespace {

constexpr std::size_t k_most_lines = 200;
constexpr std::size_t k_longest_line = 500;
constexpr std::size_t k_longest_record = 8192;  // the kernel's own bound (CONSOLE_EXT_LOG_MAX)

std::string printable(std::string_view text) {
  std::string line(text.substr(0, k_longest_line));
  for (char& letter : line) {
    letter = letter >= ' ' && letter <= '~' ? letter : '?';
  }
  return line;
}

/// Calls `take` with each record. An error number, or 0.
template <class Take>
int read_records(int file, Take take) {
  std::array<char, k_longest_record> record{};
  while (true) {
    const ssize_t size = ::read(file, record.data(), record.size());
    if (size > 0) {
      take(std::string_view(record.data(), static_cast<std::size_t>(size)));
    } else if (size == 0 || errno == EAGAIN) {
      return 0;
    } else if (errno != EPIPE && errno != EINTR) {  // EPIPE: overwritten while we read; goes on
      return errno;
    }
  }
}

}  // namespace

void take_kernel_record(XidLog& log, std::string_view record) {
  const std::size_t semicolon = record.find(';');
  const std::string_view text =
      record.substr(semicolon == std::string_view::npos ? 0 : semicolon + 1);
  const std::string line = printable(text.substr(0, text.find('\n')));
  if (!parse_xid(line)) {
    return;
  }
  if (log.lines.size() < k_most_lines) {
    log.lines.push_back(line);
  } else {
    ++log.left_out;
  }
}

XidLog read_kernel_log(const std::string& path) {
  XidLog log;
  const int file = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) {
    log.reason = path + ": " + std::generic_category().message(errno);
    return log;
  }
  bool first = true;
  const int failure = read_records(file, [&](std::string_view record) {
    if (std::exchange(first, false)) {
      const std::size_t comma = record.find(',');
      log.first_record = comma == std::string_view::npos
                             ? 0
                             : std::atoll(std::string(record.substr(comma + 1, 20)).c_str());
    }
    take_kernel_record(log, record);
  });
  ::close(file);
  if (failure != 0) {
    log = {};
    log.reason = path + ": " + std::generic_category().message(failure);
  }
  return log;
}

}  // namespace assay
