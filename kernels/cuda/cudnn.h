// cuDNN's graph API, by its C backend, as this module uses it: own declarations, functions found
// at run time.
//
// Values as in cudnn_graph.h of cuDNN 9.19; tests/kernels/cuda_declarations_test.cpp compares them
// with the header where a toolkit is installed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "harness/model/result.h"
#include "kernels/cuda/optional_libraries.h"
#include "kernels/cuda/runtime.h"

namespace assay::cuda {

namespace dnn {

inline constexpr int k_success = 0;
inline constexpr int k_not_supported = 3000;  ///< To 3999, one for each reason.

enum DataType : int { f32 = 0, s32 = 4, bf16 = 9, boolean = 11 };
/// What a descriptor describes.
enum Kind : int {
  pointwise = 0,
  engine = 2,
  engine_config = 3,
  heuristic = 4,
  plan = 5,
  pointwise_op = 13,
  graph = 15,
  variant_pack = 16,
  tensor = 17,
  matmul = 18,
  matmul_op = 19,
  reduction = 21,
  reduction_op = 22
};
/// Of an attribute's elements.
enum Type : int {
  handle_type = 0,
  data_type = 1,
  boolean_type = 2,
  int64_type = 3,
  pointer_type = 6,
  heuristic_mode_type = 8,
  pointwise_mode_type = 14,
  descriptor_type = 15,
  reduction_mode_type = 18
};
enum PointwiseMode : int {
  add = 0,
  multiply = 1,
  divide = 6,
  subtract = 9,
  exp = 13,
  log = 15,
  at_least = 303,
  index_along = 501,
  select = 601
};
enum ReductionMode : int { sum = 0, maximum = 3 };
inline constexpr int k_heuristic_a = 3;
enum Attribute : int {
  pointwise_mode = 0,
  pointwise_type = 1,
  pointwise_axis = 9,
  heuristic_mode = 200,
  heuristic_graph = 201,
  heuristic_results = 202,
  config_engine = 300,
  plan_handle = 400,
  plan_config = 401,
  plan_workspace_bytes = 402,
  pointwise_op_is = 750,
  pointwise_op_x = 751,
  pointwise_op_b = 752,
  pointwise_op_y = 753,
  pointwise_op_t = 758,
  graph_handle = 800,
  graph_ops = 801,
  tensor_alignment = 900,
  tensor_type = 901,
  tensor_dimensions = 902,
  tensor_strides = 903,
  tensor_id = 906,
  tensor_is_virtual = 907,
  tensor_is_by_value = 908,
  pack_ids = 1000,
  pack_pointers = 1001,
  pack_workspace = 1003,
  engine_index = 1301,
  matmul_type = 1500,
  matmul_op_a = 1520,
  matmul_op_b = 1521,
  matmul_op_c = 1522,
  matmul_op_is = 1523,
  reduction_mode = 1600,
  reduction_type = 1601,
  reduction_op_x = 1610,
  reduction_op_y = 1611,
  reduction_op_is = 1612
};

using Handle = struct HandleOpaque*;
using Descriptor = void*;

}  // namespace dnn

/// The functions, each as in cudnn_graph.h without its prefix. They return a cudnnStatus_t.
struct Cudnn {
  CudnnGetVersion* get_version = nullptr;
  int (*create)(dnn::Handle* handle) = nullptr;
  int (*destroy)(dnn::Handle handle) = nullptr;
  int (*set_stream)(dnn::Handle handle, cudaStream_t stream) = nullptr;
  void (*last_error)(char* message, std::size_t size) = nullptr;
  int (*descriptor_create)(int kind, dnn::Descriptor* descriptor) = nullptr;
  int (*descriptor_destroy)(dnn::Descriptor descriptor) = nullptr;
  int (*set)(dnn::Descriptor descriptor, int attribute, int type, std::int64_t count,
             const void* elements) = nullptr;
  int (*get)(dnn::Descriptor descriptor, int attribute, int type, std::int64_t wanted,
             std::int64_t* count, void* elements) = nullptr;
  int (*finalize)(dnn::Descriptor descriptor) = nullptr;
  int (*execute)(dnn::Handle handle, dnn::Descriptor plan, dnn::Descriptor pack) = nullptr;
  std::int64_t version = 0;  ///< 91900 is 9.19.0.
};

/// Loads it. Fails with unsupported if it is missing, lacks a function or is another version than
/// k_cudnn asks for.
[[nodiscard]] Result<Cudnn> load_cudnn();

/// Fails with unsupported where the library says that it doesn't have this, else with io, both with
/// its own words: none of them loses a device.
[[nodiscard]] Result<Done> check_dnn(const Cudnn& cudnn, int status, const std::string& call);

}  // namespace assay::cuda
