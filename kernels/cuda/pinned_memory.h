// Memory of the host that devices reach directly, on a NUMA node of choice.
#pragma once

#include <cstdint>

#include "harness/model/result.h"
#include "kernels/cuda/runtime.h"

namespace assay::cuda {

class PinnedMemory {
 public:
  /// Fails as place_on_node() and check() do.
  [[nodiscard]] static Result<PinnedMemory> on_node(std::uint64_t bytes, unsigned node);

  PinnedMemory() = default;
  PinnedMemory(PinnedMemory&& other) noexcept;
  PinnedMemory& operator=(PinnedMemory&& other) noexcept;
  PinnedMemory(const PinnedMemory&) = delete;
  PinnedMemory& operator=(const PinnedMemory&) = delete;
  ~PinnedMemory();

  /// As devices see it.
  [[nodiscard]] void* data() const { return seen_; }

 private:
  void* data_ = nullptr;
  void* seen_ = nullptr;
  std::uint64_t bytes_ = 0;
  bool registered_ = false;
};

}  // namespace assay::cuda
