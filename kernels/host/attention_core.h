// Attention itself, ready to run: what is measured.
#pragma once

#include <memory>

#include "kernels/backend.h"
#include "kernels/host/attention_operands.h"

namespace assay {

class AttentionCore {
 public:
  AttentionCore() = default;
  AttentionCore(const AttentionCore&) = delete;
  AttentionCore& operator=(const AttentionCore&) = delete;
  virtual ~AttentionCore() = default;

  [[nodiscard]] virtual Ran ran() const = 0;

  /// Returns when O is complete; `o` begins on a line of 64 bytes. Fails with device if a library
  /// says it could not.
  virtual Result<Done> attend(const AttentionViews& operands, std::byte* o) = 0;
};

/// Fails with unsupported, naming type, library and instruction set, if this machine has none.
[[nodiscard]] Result<std::unique_ptr<AttentionCore>> make_attention_core(
    const AttentionProblem& problem);

/// Whether make_attention_core would succeed, without taking memory.
[[nodiscard]] Result<Done> attention_core_supported(const AttentionProblem& problem);

}  // namespace assay
