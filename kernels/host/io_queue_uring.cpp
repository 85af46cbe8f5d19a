#include <liburing.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "kernels/host/io_queue.h"

namespace assay::storage {
namespace {

Error ring_error(Error::Code code, const std::string& what, int error) {
  return {code, "io_uring: " + what + ": " + std::generic_category().message(error)};
}

class UringQueue final : public IoQueue {
 public:
  UringQueue() = default;
  UringQueue(const UringQueue&) = delete;
  UringQueue& operator=(const UringQueue&) = delete;
  UringQueue(UringQueue&&) = delete;
  UringQueue& operator=(UringQueue&&) = delete;
  ~UringQueue() override {
    if (!open_) {
      return;
    }
    while (in_flight_ > 0 && wait()) {
    }
    ::io_uring_queue_exit(&ring_);
  }

  Result<Done> open(std::uint32_t depth) {
    const int result = ::io_uring_queue_init(depth, &ring_, 0);
    if (result < 0) {
      return ring_error(Error::Code::unsupported, "no queue", -result);
    }
    open_ = true;
    return Done{};
  }

  [[nodiscard]] std::string_view name() const override { return "io_uring"; }

  Result<Done> submit(const IoRequest& request) override {
    io_uring_sqe* entry = ::io_uring_get_sqe(&ring_);
    if (entry == nullptr) {
      return ring_error(Error::Code::io, "more requests than the queue holds", EBUSY);
    }
    if (request.kind == IoRequest::Kind::read) {
      ::io_uring_prep_read(entry, request.file, request.data, request.bytes, request.offset);
    } else {
      ::io_uring_prep_write(entry, request.file, request.data, request.bytes, request.offset);
    }
    entry->user_data = request.tag;
    const int result = ::io_uring_submit(&ring_);
    if (result != 1) {
      return ring_error(Error::Code::io, "a request was not taken", result < 0 ? -result : EAGAIN);
    }
    ++in_flight_;
    return Done{};
  }

  Result<IoCompletion> wait() override {
    io_uring_cqe* entry = nullptr;
    int result = -EINTR;
    while (result == -EINTR) {
      result = ::io_uring_wait_cqe(&ring_, &entry);
    }
    if (result < 0) {
      return ring_error(Error::Code::io, "no completion", -result);
    }
    const IoCompletion completion{.tag = entry->user_data, .result = entry->res};
    ::io_uring_cqe_seen(&ring_, entry);
    --in_flight_;
    return completion;
  }

 private:
  io_uring ring_{};
  bool open_ = false;
  std::uint32_t in_flight_ = 0;
};

}  // namespace

Result<std::unique_ptr<IoQueue>> make_uring_queue(std::uint32_t depth) {
  auto queue = std::make_unique<UringQueue>();
  if (auto opened = queue->open(depth); !opened) {
    return opened.error();
  }
  return std::unique_ptr<IoQueue>(std::move(queue));
}

Result<std::unique_ptr<IoQueue>> make_io_queue(std::uint32_t depth) {
  auto queue = make_uring_queue(depth);
  return queue ? std::move(queue) : make_posix_queue(depth);
}

}  // namespace assay::storage
