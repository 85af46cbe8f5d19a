// SIGINT, SIGTERM and SIGHUP as something to wait for, without a handler.
#pragma once

#include <memory>
#include <string>

#include "harness/model/result.h"

namespace assay {

/// While it lives, these signals wait to be taken instead of ending the process. One that the
/// process ignores when this is made stays ignored.
class Interrupts {
 public:
  static Result<std::unique_ptr<Interrupts>> watch();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;
  ~Interrupts();

  /// Becomes readable when a signal waits.
  [[nodiscard]] int descriptor() const { return descriptor_; }
  /// Whether one waits; leaves it there.
  [[nodiscard]] bool waiting() const;
  /// Takes the one that waits: "SIGINT"; "" if there is none.
  [[nodiscard]] std::string take() const;

 private:
  struct Mask;
  explicit Interrupts(std::unique_ptr<Mask> before);

  std::unique_ptr<Mask> before_;
  int descriptor_ = -1;
};

}  // namespace assay
