// One thread of a GPU as a fiber: a stack of its own, switched to and from without a system call.
#pragma once

#include <cstddef>
#include <memory>

namespace assay::emulated {

/// Runs `body` on a stack of its own, a piece at a time. x86-64 only.
class Fiber {
 public:
  using Body = void (*)(void* argument);

  Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;
  ~Fiber();

  /// Makes it ready to run `body` from its beginning.
  void begin(Body body, void* argument);
  /// Runs it until it pauses or ends. Precondition: begun, and not at its end.
  void resume();
  /// From within: goes back to resume().
  void pause();

  [[nodiscard]] bool done() const { return done_; }

 private:
  [[noreturn]] static void enter(Fiber* self);

  std::unique_ptr<std::byte[]> stack_;
  void* own_ = nullptr;  // Stack pointers of those who do not run.
  void* caller_ = nullptr;
  Body body_ = nullptr;
  void* argument_ = nullptr;
  bool done_ = true;
  const void* caller_stack_ = nullptr;  // For AddressSanitizer.
  std::size_t caller_size_ = 0;
};

}  // namespace assay::emulated
