#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "kernels/host/io_queue.h"

namespace assay::storage {
namespace {

/// So many threads as requests may be in flight.
class PosixQueue final : public IoQueue {
 public:
  PosixQueue() = default;
  PosixQueue(const PosixQueue&) = delete;
  PosixQueue& operator=(const PosixQueue&) = delete;
  PosixQueue(PosixQueue&&) = delete;
  PosixQueue& operator=(PosixQueue&&) = delete;
  /// Fails with io where the system gives no thread more.
  Result<Done> open(std::uint32_t depth) {
    threads_.reserve(depth);
    for (std::uint32_t i = 0; i < depth; ++i) {
      try {
        threads_.emplace_back([this] { serve(); });
      } catch (const std::system_error& error) {
        return Error{Error::Code::io, "of " + std::to_string(depth) + " threads of a client only " +
                                          std::to_string(i) +
                                          " could be started: " + error.code().message()};
      }
    }
    return Done{};
  }

  ~PosixQueue() override {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    asked_.notify_all();
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }

  [[nodiscard]] std::string_view name() const override { return "posix"; }

  Result<Done> submit(const IoRequest& request) override {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    asked_.notify_one();
    return Done{};
  }

  Result<IoCompletion> wait() override {
    std::unique_lock lock(mutex_);
    answered_.wait(lock, [this] { return !completions_.empty(); });
    const IoCompletion completion = completions_.front();
    completions_.pop_front();
    return completion;
  }

 private:
  static IoCompletion answer(const IoRequest& request) {
    const auto offset = static_cast<off_t>(request.offset);
    ssize_t moved = -1;
    do {
      moved = request.kind == IoRequest::Kind::read
                  ? ::pread(request.file, request.data, request.bytes, offset)
                  : ::pwrite(request.file, request.data, request.bytes, offset);
    } while (moved < 0 && errno == EINTR);
    return {.tag = request.tag, .result = moved < 0 ? -errno : moved};
  }

  void serve() {
    std::unique_lock lock(mutex_);
    while (true) {
      asked_.wait(lock, [this] { return ends_ || !requests_.empty(); });
      if (requests_.empty()) {
        return;
      }
      const IoRequest request = requests_.front();
      requests_.pop_front();
      lock.unlock();
      const IoCompletion completion = answer(request);
      lock.lock();
      completions_.push_back(completion);
      answered_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable asked_, answered_;
  std::deque<IoRequest> requests_;
  std::deque<IoCompletion> completions_;
  bool ends_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

Result<std::unique_ptr<IoQueue>> make_posix_queue(std::uint32_t depth) {
  auto queue = std::make_unique<PosixQueue>();
  if (auto opened = queue->open(depth); !opened) {
    return opened.error();
  }
  return std::unique_ptr<IoQueue>(std::move(queue));
}

}  // namespace assay::storage
