// What a graph of cuDNN means, worked out operation by operation as its documentation says: it
// knows nothing of attention.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "harness/model/result.h"

namespace assay::emulated {

using GraphSizes = std::array<std::int64_t, 4>;

/// A tensor of a graph. Numbers of type dnn::DataType.
struct AskedTensor {
  std::int64_t id = 0;
  int type = 0;
  bool is_virtual = false;
  bool is_by_value = false;
  GraphSizes sizes{1, 1, 1, 1};
  GraphSizes strides{1, 1, 1, 1};
};

/// One operation: of kind dnn::matmul_op (x, b), pointwise_op (x, b, t) or reduction_op (x).
struct AskedOperation {
  int kind = 0;
  int mode = 0;
  int computed_in = 0;
  std::int64_t axis = -1;
  const AskedTensor* x = nullptr;
  const AskedTensor* b = nullptr;
  const AskedTensor* t = nullptr;
  const AskedTensor* y = nullptr;
};

/// Does one after the other; `pointers` by the tensors' ids. Sums and elements round to f32, or to
/// the tensor's type. Fails with bad_input, saying why, where something doesn't fit together, is
/// used before it is there, or lies in no memory of the device.
[[nodiscard]] Result<Done> run_graph(const std::vector<AskedOperation>& operations,
                                     const std::map<std::int64_t, void*>& pointers);

}  // namespace assay::emulated
