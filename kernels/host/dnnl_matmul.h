// A matrix product of oneDNN on memory that its caller names each time.
#pragma once

#include <string>
#include <unordered_map>

#include "kernels/host/dnnl_facts.h"

namespace assay {

/// Dense and row-major; `turned`: its transpose is what is stored so.
[[nodiscard]] dnnl::memory::desc dnnl_matrix(std::uint64_t rows, std::uint64_t columns,
                                             NumberType type, bool turned = false);

/// Not for two threads at once.
class DnnlMatmul {
 public:
  /// Throws dnnl::error.
  DnnlMatmul(const dnnl::engine& engine, dnnl::matmul::primitive_desc description);

  /// The implementation that oneDNN has chosen: "brg:avx512_core_bf16".
  [[nodiscard]] std::string kernel() const { return description_.impl_info_str(); }
  /// `what`, for messages: "the product".
  Result<Done> multiply(const std::byte* a, const std::byte* b, void* c, const std::string& what);

 private:
  dnnl::stream stream_;
  dnnl::matmul::primitive_desc description_;
  dnnl::matmul matmul_;
  dnnl::memory a_, b_, c_;
  std::unordered_map<int, dnnl::memory> arguments_;
};

}  // namespace assay
