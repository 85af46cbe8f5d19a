// Requests to read and write parts of files, several in flight at once: by io_uring, or by threads
// that call pread and pwrite where it is not allowed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "harness/model/result.h"

namespace assay::storage {

struct IoRequest {
  enum class Kind { read, write };
  Kind kind = Kind::read;
  int file = -1;             ///< File descriptor.
  void* data = nullptr;      ///< Aligned to a page.
  std::uint64_t offset = 0;  ///< In bytes.
  std::uint32_t bytes = 0;
  std::uint64_t tag = 0;  ///< Comes back with the completion.
};

struct IoCompletion {
  std::uint64_t tag = 0;
  std::int64_t result = 0;  ///< Bytes moved, or -errno.
};

/// Of one thread.
class IoQueue {
 public:
  IoQueue() = default;
  IoQueue(const IoQueue&) = delete;
  IoQueue& operator=(const IoQueue&) = delete;
  /// Waits for what is in flight, since its memory may go next.
  virtual ~IoQueue() = default;

  /// "io_uring" or "posix": stands in the report.
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// At most as many in flight as the queue is deep. Fails with io.
  virtual Result<Done> submit(const IoRequest& request) = 0;
  /// Waits for any one. Precondition: something is in flight. Fails with io.
  virtual Result<IoCompletion> wait() = 0;
};

using QueueMaker = std::function<Result<std::unique_ptr<IoQueue>>(std::uint32_t depth)>;

/// Fails with unsupported where the kernel or a container's rules don't allow it.
[[nodiscard]] Result<std::unique_ptr<IoQueue>> make_uring_queue(std::uint32_t depth);
[[nodiscard]] Result<std::unique_ptr<IoQueue>> make_posix_queue(std::uint32_t depth);
/// io_uring, or where that is unsupported the other.
[[nodiscard]] Result<std::unique_ptr<IoQueue>> make_io_queue(std::uint32_t depth);

}  // namespace assay::storage
