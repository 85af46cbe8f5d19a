#include "harness/run/watched_child.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "harness/run/process.h"
#include "kernels/host/storage_files.h"

namespace assay {
namespace {

constexpr std::int64_t k_samples = 200;  // of its life so far: watching must cost it nothing
constexpr std::int64_t k_most_ms = 20;
constexpr std::int64_t k_ms = 1'000'000;
constexpr std::size_t k_most_printed = std::size_t{64} << 20U;

std::optional<std::uint64_t> number_after(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view rest = text.substr(at + name.size());
  std::uint64_t value = 0;
  const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  return read.ec == std::errc() ? std::optional(value) : std::nullopt;
}

std::optional<ChildBytes> counted_in(int file) {
  std::array<char, 512> text{};
  const auto size = ::pread(file, text.data(), text.size(), 0);
  if (size <= 0) {
    return std::nullopt;
  }
  const std::string_view whole(text.data(), static_cast<std::size_t>(size));
  const auto read = number_after(whole, "\nread_bytes: ");
  const auto written = number_after(whole, "\nwrite_bytes: ");
  return read && written ? std::optional(ChildBytes{*read, *written}) : std::nullopt;
}

/// What is there now. False at the end of the stream.
bool take_printed(int descriptor, std::string& printed) {
  std::array<char, 65'536> part{};
  while (true) {
    const auto size = ::read(descriptor, part.data(), part.size());
    if (size <= 0) {
      return size < 0;
    }
    if (printed.size() < k_most_printed) {
      printed.append(part.data(), static_cast<std::size_t>(size));
    }
  }
}

}  // namespace

std::int64_t monotonic_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void ByteTimes::add(std::int64_t now_ns, const ChildBytes& bytes) {
  const std::uint64_t sum = bytes.read + bytes.written;
  if (samples_.empty() || sum != last_.read + last_.written) {
    moved_ns_ = now_ns;
  }
  if (samples_.empty() || sum - samples_.back().bytes >= grain_) {
    samples_.push_back({.first_ns = now_ns, .last_ns = now_ns, .bytes = sum});
  }
  samples_.back().last_ns = now_ns;
  last_ = bytes;
}

ByteTimes::Span ByteTimes::span_of(std::uint64_t bytes) const {
  const std::uint64_t all = last_.read + last_.written;
  if (samples_.empty() || all < bytes) {
    return {};
  }
  const std::uint64_t begun = all - bytes + bytes / 100;
  const std::uint64_t nearly = all - bytes / 100;
  const auto first = std::find_if(samples_.begin(), samples_.end(),
                                  [begun](const Sample& sample) { return sample.bytes >= begun; });
  const auto after = std::find_if(first, samples_.end(),
                                  [nearly](const Sample& sample) { return sample.bytes > nearly; });
  if (first == samples_.end() || first == after) {
    return {};
  }
  return {.from_ns = first->first_ns, .until_ns = std::prev(after)->last_ns, .was_seen = true};
}

Result<ChildRun> run_watched(const std::vector<std::string>& command,
                             const Environment& environment, const ChildLimits& limits) {
  ChildRun run;
  run.times = ByteTimes(std::max<std::uint64_t>(limits.grain, 1));
  run.spawned_ns = monotonic_ns();
  auto process = Process::start(command, environment);
  if (!process) {
    return process.error();
  }
  const std::string counters = "/proc/" + std::to_string((*process)->number()) + "/io";
  const storage::OwnedDescriptor file(::open(counters.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) {
    return Error{Error::Code::not_witnessed,
                 "can't be watched: " + counters + ": " + std::generic_category().message(errno)};
  }
  ::fcntl((*process)->output(), F_SETFL, O_NONBLOCK);
  std::array<pollfd, 2> streams{pollfd{(*process)->output(), POLLIN, 0},
                                pollfd{(*process)->errors(), POLLIN, 0}};
  std::array<std::string*, 2> printed{&run.output, &run.errors};
  run.times.add(run.spawned_ns, {});
  bool has_ended = false;
  while (!has_ended) {
    const std::int64_t lived_ms = (monotonic_ns() - run.spawned_ns) / k_ms;
    ::poll(streams.data(), streams.size(),
           static_cast<int>(std::clamp<std::int64_t>(lived_ms / k_samples, 1, k_most_ms)));
    has_ended = (*process)->has_ended();
    for (std::size_t i = 0; i < streams.size(); ++i) {
      if (streams.at(i).fd >= 0 && !take_printed(streams.at(i).fd, *printed.at(i))) {
        streams.at(i).fd = -1;
      }
    }
    const std::int64_t now = monotonic_ns();
    if (const auto bytes = counted_in(file.number())) {
      run.times.add(now, *bytes);
    }
    if (!has_ended && now - run.times.moved_ns() > limits.silence_ns) {
      (*process)->kill();
      return Error{
          Error::Code::timeout,
          "moved nothing for " + std::to_string(limits.silence_ns / k_ms) + " ms and was killed"};
    }
  }
  run.exited_ns = monotonic_ns();
  run.how = (*process)->wait(-1);
  return run;
}

}  // namespace assay
