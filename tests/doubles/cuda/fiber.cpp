#include "tests/doubles/cuda/fiber.h"

#include <algorithm>
#include <cstdint>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

// Saves what a call must keep on the stack of the caller and goes on with another one.
extern "C" void assay_switch_stack(void** save, void* to);
// Where a new stack begins: calls r12 with rbx as its argument.
extern "C" void assay_start_fiber();
asm(R"(
.text
.hidden assay_switch_stack
.globl assay_switch_stack
.type assay_switch_stack,@function
assay_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size assay_switch_stack,.-assay_switch_stack
.hidden assay_start_fiber
.globl assay_start_fiber
.type assay_start_fiber,@function
assay_start_fiber:
  subq $8, %rsp
  movq %rbx, %rdi
  call *%r12
  ud2
.size assay_start_fiber,.-assay_start_fiber
)");

namespace assay::emulated {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t k_stack = std::size_t{1} << 17U;  // Its frames are larger.
#else
constexpr std::size_t k_stack = std::size_t{1} << 15U;
#endif

}  // namespace

Fiber::Fiber() : stack_(new std::byte[k_stack]) {}
Fiber::~Fiber() = default;

void Fiber::begin(Body body, void* argument) {
  body_ = body;
  argument_ = argument;
  done_ = false;
  // As assay_switch_stack leaves it: r15, r14, r13, r12, rbx, rbp, then where to return to.
  const auto top = reinterpret_cast<std::uintptr_t>(stack_.get() + k_stack) & ~std::uintptr_t{15};
  auto* const frame = reinterpret_cast<void**>(top) - 8;
  std::fill_n(frame, 8, nullptr);
  frame[3] = reinterpret_cast<void*>(&Fiber::enter);
  frame[4] = this;
  frame[6] = reinterpret_cast<void*>(&assay_start_fiber);
  own_ = frame;
}

void Fiber::enter(Fiber* self) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &self->caller_stack_, &self->caller_size_);
#endif
  self->body_(self->argument_);
  self->done_ = true;
  while (true) {
    self->pause();
  }
}

void Fiber::resume() {
#if defined(__SANITIZE_ADDRESS__)
  void* fake = nullptr;
  __sanitizer_start_switch_fiber(&fake, stack_.get(), k_stack);
  assay_switch_stack(&caller_, own_);
  __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#else
  assay_switch_stack(&caller_, own_);
#endif
}

void Fiber::pause() {
#if defined(__SANITIZE_ADDRESS__)
  void* fake = nullptr;
  __sanitizer_start_switch_fiber(done_ ? nullptr : &fake, caller_stack_, caller_size_);
  assay_switch_stack(&own_, caller_);
  __sanitizer_finish_switch_fiber(fake, &caller_stack_, &caller_size_);
#else
  assay_switch_stack(&own_, caller_);
#endif
}

}  // namespace assay::emulated
