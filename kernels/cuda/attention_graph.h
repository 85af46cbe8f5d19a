// Attention as cuDNN is told of it.
#pragma once

#include <cstdint>

#include "kernels/backend.h"
#include "kernels/cuda/graph_builder.h"

namespace assay::cuda {

/// The operations of a pass forward or of decoding, in the order and with the types in which
/// NVIDIA/cudnn-frontend writes them down (CompositeSDPANode of commit 01a727e): only so is the
/// graph found to be attention. The logarithms of the sums are written, too: of 9.19 on Hopper and
/// Blackwell, no engine takes a graph without them.
class AttentionGraph {
 public:
  /// Of tensors, as they are numbered.
  enum Id : std::int64_t { q = 1, k, v, o, logarithms, scale, lowest };

  static dnn::Descriptor build(GraphBuilder& builder, const AttentionProblem& problem,
                               dnn::Handle handle);
};

}  // namespace assay::cuda
