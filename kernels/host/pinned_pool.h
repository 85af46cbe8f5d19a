// Threads that stay on their CPUs, so that memory stays near the thread that touched it first.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace assay {

/// One thread on each CPU given. Used by one thread at a time.
class PinnedPool {
 public:
  using Task = std::function<void(std::uint32_t thread)>;

  explicit PinnedPool(const std::vector<std::uint32_t>& cpus);
  PinnedPool(const PinnedPool&) = delete;
  PinnedPool& operator=(const PinnedPool&) = delete;
  ~PinnedPool();

  [[nodiscard]] std::uint32_t threads() const { return static_cast<std::uint32_t>(count_); }

  /// Runs task(0) .. task(threads()-1), each always on the same CPU, and waits for all. The task
  /// must not throw.
  void run(const Task& task);

 private:
  void work(std::uint32_t thread, std::uint32_t cpu);

  std::size_t count_ = 0;
  const Task* task_ = nullptr;  // Null: end.
  std::atomic<std::uint32_t> round_{0};
  std::atomic<std::uint32_t> busy_{0};
  std::vector<std::thread> threads_;
};

}  // namespace assay
