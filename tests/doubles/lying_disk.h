// A queue of requests whose disk lies, is full, slow or dead from a chosen request on.
#pragma once

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>

#include "kernels/host/io_queue.h"

namespace assay::testing_doubles {

enum class DiskFault {
  none,
  lost_write,       ///< Says that it wrote, and didn't.
  misplaced_write,  ///< Writes one block further on.
  flipped_bit,      ///< In what a read brings.
  short_transfer,   ///< Moves all but the last block.
  full,             ///< ENOSPC.
  read_only,        ///< EROFS.
  dead,             ///< EIO.
  slow              ///< Takes 20 ms for each request.
};

class LyingQueue final : public storage::IoQueue {
 public:
  LyingQueue(std::unique_ptr<IoQueue> inner, DiskFault fault, std::uint64_t from, bool writes)
      : inner_(std::move(inner)), fault_(fault), from_(from), writes_(writes) {}

  [[nodiscard]] std::string_view name() const override { return inner_->name(); }

  Result<Done> submit(const storage::IoRequest& request) override {
    using Kind = storage::IoRequest::Kind;
    const bool concerned = (request.kind == Kind::write) == writes_;
    const bool lies = concerned && seen_++ >= from_;
    if (!lies || fault_ == DiskFault::none) {
      return inner_->submit(request);
    }
    storage::IoRequest changed = request;
    switch (fault_) {
      case DiskFault::lost_write: return answer(request, request.bytes);
      case DiskFault::misplaced_write: changed.offset += 4096; break;
      case DiskFault::flipped_bit: spoiled_[request.tag] = request.data; break;
      case DiskFault::short_transfer: changed.bytes -= 4096; break;
      case DiskFault::full: return answer(request, -ENOSPC);
      case DiskFault::read_only: return answer(request, -EROFS);
      case DiskFault::dead: return answer(request, -EIO);
      case DiskFault::slow: std::this_thread::sleep_for(std::chrono::milliseconds(20)); break;
      case DiskFault::none: break;
    }
    return inner_->submit(changed);
  }

  Result<storage::IoCompletion> wait() override {
    if (!answers_.empty()) {
      const storage::IoCompletion made = answers_.front();
      answers_.pop_front();
      return made;
    }
    auto completion = inner_->wait();
    if (completion && spoiled_.contains(completion->tag)) {
      constexpr std::size_t k_word = 77;
      static_cast<std::uint64_t*>(spoiled_[completion->tag])[k_word] ^= 1U << 5U;
      spoiled_.erase(completion->tag);
    }
    return completion;
  }

 private:
  Result<Done> answer(const storage::IoRequest& request, std::int64_t result) {
    answers_.push_back({.tag = request.tag, .result = result});
    return Done{};
  }

  std::unique_ptr<IoQueue> inner_;
  DiskFault fault_;
  std::uint64_t from_;
  bool writes_;
  std::uint64_t seen_ = 0;
  std::deque<storage::IoCompletion> answers_;
  std::map<std::uint64_t, void*> spoiled_;
};

/// From the `from`th request on of those that write (or read).
inline storage::QueueMaker lying_disk(DiskFault fault, std::uint64_t from, bool writes) {
  return [=](std::uint32_t depth) -> Result<std::unique_ptr<storage::IoQueue>> {
    auto inner = storage::make_io_queue(depth);
    if (!inner) {
      return inner.error();
    }
    return std::unique_ptr<storage::IoQueue>(
        std::make_unique<LyingQueue>(std::move(*inner), fault, from, writes));
  };
}

}  // namespace assay::testing_doubles
