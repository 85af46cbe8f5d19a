#include "kernels/host/pinned_pool.h"

#include <sched.h>

namespace assay {
namespace {

void pin_to(std::uint32_t cpu) {
  std::vector<cpu_set_t> mask(cpu / CPU_SETSIZE + 1);
  const std::size_t bytes = mask.size() * sizeof(cpu_set_t);
  CPU_ZERO_S(bytes, mask.data());
  CPU_SET_S(cpu, bytes, mask.data());
  // A CPU that went offline since it was listed: the thread then runs where it may.
  static_cast<void>(sched_setaffinity(0, bytes, mask.data()));
}

}  // namespace

PinnedPool::PinnedPool(const std::vector<std::uint32_t>& cpus) : count_(cpus.size()) {
  for (std::uint32_t i = 0; i < cpus.size(); ++i) {
    threads_.emplace_back([this, i, cpu = cpus[i]] { work(i, cpu); });
  }
}

PinnedPool::~PinnedPool() {
  task_ = nullptr;
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (auto& thread : threads_) {
    thread.join();
  }
}

void PinnedPool::run(const Task& task) {
  task_ = &task;
  busy_.store(threads(), std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::uint32_t busy = busy_.load(std::memory_order_acquire); busy != 0;
       busy = busy_.load(std::memory_order_acquire)) {
    busy_.wait(busy, std::memory_order_acquire);
  }
}

void PinnedPool::work(std::uint32_t thread, std::uint32_t cpu) {
  pin_to(cpu);
  for (std::uint32_t seen = 0;;) {
    round_.wait(seen, std::memory_order_acquire);
    const std::uint32_t now = round_.load(std::memory_order_acquire);
    if (now == seen) {
      continue;
    }
    seen = now;
    if (task_ == nullptr) {
      return;
    }
    (*task_)(thread);
    if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      busy_.notify_one();
    }
  }
}

}  // namespace assay
