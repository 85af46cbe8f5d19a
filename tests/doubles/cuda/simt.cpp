#include "tests/doubles/cuda/simt.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "tests/doubles/cuda/fiber.h"

namespace assay::emulated {
namespace {

constexpr unsigned k_lanes = 32;
constexpr std::size_t k_guard = 64;
constexpr unsigned char k_guard_byte = 0xa5;
constexpr unsigned char k_garbage = 0xcb;

class Block;

struct Thread {
  enum class State { ready, at_barrier, at_exchange };
  Fiber fiber;
  Here here;
  unsigned linear = 0;
  State state = State::ready;
  std::vector<AsyncCopy> copies;  // That it began.
};

struct Warp {
  std::array<std::array<std::uint64_t, k_lanes>, 2> words{};
  std::array<void*, k_lanes> given{};
  unsigned arrived = 0, phase = 0;
  WarpWork work = nullptr;  // Null: an exchange of words.
};

// One device a process, used by one thread at a time.
Block* the_block = nullptr;
Thread* the_thread = nullptr;
std::mt19937_64 the_order;  // NOLINT(cert-msc32-c,cert-msc51-cpp): to be repeated

/// One block of threads after the other.
class Block {
 public:
  Block(dim3 grid, dim3 block, const std::function<void()>& kernel)
      : kernel_(kernel),
        count_(std::size_t{block.x} * block.y * block.z),
        warps_((count_ + k_lanes - 1) / k_lanes) {
    while (threads_.size() < count_) {
      threads_.emplace_back();
    }
    for (unsigned i = 0; i < count_; ++i) {
      Thread& thread = threads_[i];
      thread.linear = i;
      thread.here = {.thread = {i % block.x, i / block.x % block.y, i / block.x / block.y},
                     .block = {},
                     .block_size = block,
                     .grid_size = grid};
    }
  }

  void run(Index index) {
    the_block = this;
    arrived_ = 0;
    for (Warp& warp : warps_) {
      warp = {};
    }
    for (std::size_t i = 0; i < count_; ++i) {
      Thread& thread = threads_[i];
      thread.here.block = index;
      thread.state = Thread::State::ready;
      thread.fiber.begin([](void* block) { static_cast<Block*>(block)->kernel_(); }, this);
    }
    std::vector<unsigned> order(warps_.size());
    std::iota(order.begin(), order.end(), 0U);
    for (bool left = true; left;) {
      std::shuffle(order.begin(), order.end(), the_order);
      left = turn(order);
    }
    check_guards();
    for (std::size_t i = 0; i < count_; ++i) {
      if (!threads_[i].copies.empty()) {
        fail("a copy that its thread did not wait for");
      }
    }
    arrays_.clear();
    the_block = nullptr;
  }

  void barrier(int line) {
    if (arrived_ != 0 && line != line_) {
      fail("threads are at two barriers at once (lines " + std::to_string(line_) + " and " +
           std::to_string(line) + ")");
    }
    line_ = line;
    if (++arrived_ == count_) {
      arrived_ = 0;
      for (std::size_t i = 0; i < count_; ++i) {
        threads_[i].state = Thread::State::ready;
      }
      return;
    }
    the_thread->state = Thread::State::at_barrier;
    the_thread->fiber.pause();
  }

  std::uint64_t exchange(unsigned mask, std::uint64_t word, unsigned from) {
    Warp& warp = warps_[the_thread->linear / k_lanes];
    const unsigned lane = the_thread->linear % k_lanes;
    const unsigned phase = warp.phase;
    join(warp, nullptr);
    warp.words.at(phase).at(lane) = word;
    if (warp.arrived == mask) {
      warp.arrived = 0;
      warp.phase = 1 - phase;
      wake(the_thread->linear / k_lanes);
    } else {
      the_thread->state = Thread::State::at_exchange;
      the_thread->fiber.pause();
    }
    return warp.words.at(phase).at(from % k_lanes);
  }

  void together(void* given, WarpWork work) {
    Warp& warp = warps_[the_thread->linear / k_lanes];
    join(warp, work);
    warp.given.at(the_thread->linear % k_lanes) = given;
    if (warp.arrived == ~0U) {
      warp.arrived = 0;
      work(warp.given.data());
      wake(the_thread->linear / k_lanes);
    } else {
      the_thread->state = Thread::State::at_exchange;
      the_thread->fiber.pause();
    }
  }

  [[nodiscard]] bool is_shared(const void* data, std::size_t bytes) const {
    const auto* const at = static_cast<const unsigned char*>(data);
    return std::any_of(arrays_.begin(), arrays_.end(), [&](const auto& keyed) {
      const auto& array = keyed.second;
      return at >= array.data() + k_guard && at + bytes <= array.data() + array.size() - k_guard;
    });
  }

  void* shared_array(int key, std::size_t bytes) {
    auto& array = arrays_[key];
    if (array.empty()) {
      array.assign(bytes + 2 * k_guard, k_garbage);
      std::fill_n(array.begin(), k_guard, k_guard_byte);
      std::fill_n(array.end() - k_guard, k_guard, k_guard_byte);
    }
    return array.data() + k_guard;
  }

  [[noreturn]] void fail(const std::string& what) const {
    const Index& at = threads_.front().here.block;
    std::fprintf(stderr, "emulated device: %s, in block %u,%u,%u\n", what.c_str(), at.x, at.y,
                 at.z);
    std::abort();
  }

 private:
  /// The lane of this thread is there.
  void join(Warp& warp, WarpWork work) const {
    if (warp.arrived != 0 && warp.work != work) {
      fail("lanes of a warp that do different things together");
    }
    warp.work = work;
    warp.arrived |= 1U << the_thread->linear % k_lanes;
  }

  /// Every warp once. False if all threads are done.
  bool turn(const std::vector<unsigned>& order) {
    bool moved = false;
    bool left = false;
    for (const unsigned warp : order) {
      const auto end = std::min<std::size_t>(count_, std::size_t{warp + 1} * k_lanes);
      for (std::size_t i = std::size_t{warp} * k_lanes; i < end; ++i) {
        Thread& thread = threads_[i];
        if (!thread.fiber.done() && thread.state == Thread::State::ready) {
          the_thread = &thread;
          thread.fiber.resume();
          moved = true;
        }
        left = left || !thread.fiber.done();
      }
    }
    if (left && !moved) {
      fail(arrived_ != 0 ? "a barrier that not all threads of the block reach (line " +
                               std::to_string(line_) + ")"
                         : "a shuffle that not all lanes of its mask join");
    }
    return left;
  }

  void wake(unsigned warp) {
    const auto end = std::min<std::size_t>(count_, std::size_t{warp + 1} * k_lanes);
    for (std::size_t i = std::size_t{warp} * k_lanes; i < end; ++i) {
      if (threads_[i].state == Thread::State::at_exchange) {
        threads_[i].state = Thread::State::ready;
      }
    }
  }

  void check_guards() const {
    for (const auto& [key, array] : arrays_) {
      const auto broken = [](unsigned char byte) { return byte != k_guard_byte; };
      if (std::any_of(array.begin(), array.begin() + k_guard, broken) ||
          std::any_of(array.end() - k_guard, array.end(), broken)) {
        fail("a write beyond the shared array of line " + std::to_string(key));
      }
    }
  }

  const std::function<void()>& kernel_;
  static std::deque<Thread> threads_;  // Of all blocks: stacks are made once.
  std::size_t count_;
  std::vector<Warp> warps_;
  std::map<int, std::vector<unsigned char>> arrays_;
  std::size_t arrived_ = 0;
  int line_ = 0;
};

std::deque<Thread> Block::threads_;

}  // namespace

const Here& here() {
  return the_thread->here;
}

void draw_orders_from(std::uint64_t seed) {
  the_order.seed(seed);
}

void launch(dim3 grid, dim3 block, const std::function<void()>& kernel) {
  std::vector<std::uint64_t> order(std::size_t{grid.x} * grid.y * grid.z);
  std::iota(order.begin(), order.end(), std::uint64_t{0});
  std::shuffle(order.begin(), order.end(), the_order);
  Block threads(grid, block, kernel);
  for (const std::uint64_t i : order) {
    threads.run({static_cast<unsigned>(i % grid.x), static_cast<unsigned>(i / grid.x % grid.y),
                 static_cast<unsigned>(i / grid.x / grid.y)});
  }
}

void barrier(int line) {
  the_block->barrier(line);
}

std::uint64_t exchange(unsigned mask, std::uint64_t word, unsigned from) {
  return the_block->exchange(mask, word, from);
}

void together(void* given, WarpWork work) {
  the_block->together(given, work);
}

void copy_later(const AsyncCopy& copy) {
  the_thread->copies.push_back(copy);
}

void finish_copies() {
  for (const AsyncCopy& copy : the_thread->copies) {
    if (copy.from == nullptr) {
      std::memset(copy.to, 0, copy.bytes);
    } else {
      std::memcpy(copy.to, copy.from, copy.bytes);
    }
  }
  the_thread->copies.clear();
}

bool is_shared(const void* data, std::size_t bytes) {
  return the_block->is_shared(data, bytes);
}

void fail(const std::string& what) {
  the_block->fail(what);
}

void* shared_array(int key, std::size_t bytes) {
  return the_block->shared_array(key, bytes);
}

}  // namespace assay::emulated
