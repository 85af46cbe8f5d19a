// Attention by cuDNN: what the own kernels are held against.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/backend.h"
#include "kernels/cuda/attention_graph.h"
#include "kernels/cuda/attention_passes.h"
#include "kernels/cuda/cudnn.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/graph_builder.h"

namespace assay::cuda {

/// One problem on one device, by the engine that the library's heuristic names first of those that
/// can be had.
class LibraryAttention {
 public:
  /// Loads the library. Fails with unsupported where it is not there or doesn't have this, with io
  /// where it fails else. `stream` must outlive it. bf16 alone.
  [[nodiscard]] static Result<std::unique_ptr<LibraryAttention>> make(
      const AttentionProblem& problem, cudaStream_t stream);
  LibraryAttention(const LibraryAttention&) = delete;
  LibraryAttention& operator=(const LibraryAttention&) = delete;
  ~LibraryAttention() = default;

  /// Says where the operands are, and where O is to go: 16-byte aligned.
  [[nodiscard]] Result<Done> bind(const AttentionViews& operands, std::byte* to);
  /// Queues it, once it is bound.
  [[nodiscard]] Result<Done> launch() const;

  [[nodiscard]] std::int64_t version_number() const { return cudnn_.version; }
  /// Its number in the library, among those for such graphs.
  [[nodiscard]] std::int64_t engine() const { return engine_; }

 private:
  /// Outlives all descriptors.
  struct OwnHandle {
    const Cudnn& cudnn;
    dnn::Handle handle = nullptr;

    explicit OwnHandle(const Cudnn& of) : cudnn(of) {}
    OwnHandle(const OwnHandle&) = delete;
    OwnHandle& operator=(const OwnHandle&) = delete;
    ~OwnHandle();
  };

  LibraryAttention(const Cudnn& cudnn, bool causal)
      : cudnn_(cudnn), own_(cudnn_), builder_(cudnn_), causal_(causal) {}

  Result<Done> begin(cudaStream_t stream);
  Result<Done> choose(dnn::Descriptor graph);
  Result<Done> plan_for(dnn::Descriptor config);
  [[nodiscard]] Result<std::int64_t> number(dnn::Descriptor of, dnn::Attribute attribute) const;

  Cudnn cudnn_;
  OwnHandle own_;
  GraphBuilder builder_;
  std::unique_ptr<GraphBuilder> plan_;  // Of the engine that is tried, or was chosen.
  std::unique_ptr<GraphBuilder> pack_;
  dnn::Descriptor plan_descriptor_ = nullptr;
  dnn::Descriptor pack_descriptor_ = nullptr;
  std::int64_t engine_ = -1;
  DeviceBuffer workspace_;
  DeviceBuffer logarithms_;
  bool causal_ = false;
  float scale_ = 0, lowest_ = 0;
};

}  // namespace assay::cuda
