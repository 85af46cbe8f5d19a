#include "harness/run/kernel_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "harness/model/xid.h"

namespace assay {
namespace {

constexpr std::size_t k_longest_line = 500;
constexpr std::size_t k_longest_record = 8192;  // the kernel's own bound (CONSOLE_EXT_LOG_MAX)

std::string printable(std::string_view text) {
  std::string line(text.substr(0, k_longest_line));
  for (char& letter : line) {
    letter = letter >= ' ' && letter <= '~' ? letter : '?';
  }
  return line;
}

/// Calls `take` with each record until it says false. An error number, or 0.
template <class Take>
int read_records(int file, Take take) {
  std::array<char, k_longest_record> record{};
  while (true) {
    const ssize_t size = ::read(file, record.data(), record.size());
    if (size > 0) {
      if (!take(std::string_view(record.data(), static_cast<std::size_t>(size)))) {
        return 0;
      }
    } else if (size == 0 || errno == EAGAIN) {
      return 0;
    } else if (errno != EPIPE && errno != EINTR) {  // EPIPE: overwritten while we read: a gap
      return errno;
    }
  }
}

/// Of "4,1207,83512345,-" the first two.
struct RecordPrefix {
  std::int64_t source = 0;  ///< 8 x facility + priority.
  std::int64_t number = 0;
};

std::optional<std::int64_t> whole_of(std::string_view text) {
  std::int64_t number = 0;
  const char* const last = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), last, number);
  return error == std::errc{} && at == last ? std::optional(number) : std::nullopt;
}

/// None where this is no record.
std::optional<RecordPrefix> prefix_of(std::string_view text) {
  const std::size_t comma = text.find(',');
  const std::size_t end = comma == std::string_view::npos ? comma : text.find(',', comma + 1);
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  const auto source = whole_of(text.substr(0, comma));
  const auto number = whole_of(text.substr(comma + 1, end - comma - 1));
  return source && number ? std::optional(RecordPrefix{.source = *source, .number = *number})
                          : std::nullopt;
}

/// The kernel gives what processes write to its log another facility than its own, which is 0.
bool is_the_kernels(const RecordPrefix& prefix) {
  constexpr std::int64_t k_priorities = 8;
  return prefix.source >= 0 && prefix.source < k_priorities;
}

XidEffect effect_of(const XidLine& line) {
  return effect_of(*parse_xid(line.text), line.text);
}

void leave_out(XidLog& log, XidEffect effect) {
  switch (effect) {
    case XidEffect::fails: ++log.left_out_failing; return;
    case XidEffect::counts: ++log.left_out_counting; return;
    case XidEffect::recorded: ++log.left_out_recorded; return;
  }
}

/// The newest of the lines that mean least to a GPU. Precondition: there are lines.
std::vector<XidLine>::iterator mildest(std::vector<XidLine>& lines) {
  return std::max_element(lines.begin(), lines.end(), [](const XidLine& a, const XidLine& b) {
    return std::pair(effect_of(a), a.record) < std::pair(effect_of(b), b.record);
  });
}

/// Keeps the lines that mean most, so that no flood of an application's faults hides a broken GPU.
void keep(XidLog& log, XidLine line) {
  if (log.lines.size() == k_most_xid_lines) {
    const auto other = mildest(log.lines);
    const XidEffect effect = effect_of(line);
    if (effect >= effect_of(*other)) {
      leave_out(log, effect);
      return;
    }
    leave_out(log, effect_of(*other));
    log.lines.erase(other);
  }
  log.lines.push_back(std::move(line));
}

}  // namespace

bool take_kernel_record(XidLog& log, std::string_view record) {
  const std::size_t semicolon = record.find(';');
  const auto prefix = prefix_of(record.substr(0, semicolon));
  if (semicolon == std::string_view::npos || !prefix || prefix->number <= log.last_record) {
    return false;
  }
  if (prefix->number - 1 != log.last_record) {
    log.first_record = prefix->number;
  }
  log.last_record = prefix->number;
  const std::string_view text = record.substr(semicolon + 1);
  XidLine line{.record = prefix->number, .text = printable(text.substr(0, text.find('\n')))};
  if (is_the_kernels(*prefix) && parse_xid(line.text)) {
    keep(log, std::move(line));
  }
  return true;
}

XidLog read_kernel_log(const std::string& path) {
  XidLog log;
  const int file = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) {
    log.reason = path + ": " + std::generic_category().message(errno);
    return log;
  }
  bool is_log = true;
  const int failure = read_records(
      file, [&](std::string_view record) { return is_log = take_kernel_record(log, record); });
  ::close(file);
  if (failure != 0) {
    log = {};
    log.reason = path + ": " + std::generic_category().message(failure);
  } else if (!is_log || log.last_record < 0) {
    log = {};
    log.reason = path + ": holds no records of a kernel";
  }
  return log;
}

}  // namespace assay
