#include "tests/doubles/cuda/pending.h"

#include <sched.h>

#include <deque>
#include <utility>

namespace assay::emulated {
namespace {

std::deque<Pending>& queue() {
  static std::deque<Pending> the_queue;
  return the_queue;
}

}  // namespace

void queue_pending(Pending work) {
  queue().push_back(std::move(work));
  static_cast<void>(nothing_pending());
}

bool nothing_pending() {
  while (!queue().empty() && queue().front()()) {
    queue().pop_front();
  }
  return queue().empty();
}

void finish_pending() {
  while (!nothing_pending()) {
    ::sched_yield();
  }
}

void drop_pending() {
  queue().clear();
}

}  // namespace assay::emulated
