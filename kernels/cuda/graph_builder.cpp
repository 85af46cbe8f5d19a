#include "kernels/cuda/graph_builder.h"

namespace assay::cuda {
namespace {

constexpr std::int64_t k_alignment = 16;  // Bytes: of every view of operands.

}  // namespace

GraphBuilder::~GraphBuilder() {
  while (!made_.empty()) {
    static_cast<void>(cudnn_.descriptor_destroy(made_.back()));
    made_.pop_back();
  }
}

dnn::Descriptor GraphBuilder::make(dnn::Kind kind) {
  dnn::Descriptor made = nullptr;
  if (done_) {
    done_ = check_dnn(cudnn_, cudnn_.descriptor_create(kind, &made),
                      "cudnnBackendCreateDescriptor of kind " + std::to_string(kind));
  }
  if (!done_) {
    return nullptr;
  }
  made_.push_back(made);
  return made;
}

void GraphBuilder::set_bytes(dnn::Descriptor to, dnn::Attribute attribute, dnn::Type type,
                             std::size_t count, const void* elements) {
  if (done_) {
    done_ = check_dnn(cudnn_,
                      cudnn_.set(to, attribute, type, static_cast<std::int64_t>(count), elements),
                      "cudnnBackendSetAttribute of " + std::to_string(attribute));
  }
}

void GraphBuilder::finalize(dnn::Descriptor descriptor, const char* what) {
  if (done_) {
    done_ = check_dnn(cudnn_, cudnn_.finalize(descriptor),
                      "cudnnBackendFinalize of " + std::string(what));
  }
}

dnn::Descriptor GraphBuilder::tensor(const GraphTensor& tensor) {
  const dnn::Descriptor made = make(dnn::tensor);
  set(made, dnn::tensor_id, dnn::int64_type, ++tensors_);
  set(made, dnn::tensor_type, dnn::data_type, tensor.type);
  set(made, dnn::tensor_dimensions, dnn::int64_type, std::span<const std::int64_t>(tensor.sizes));
  set(made, dnn::tensor_strides, dnn::int64_type, std::span<const std::int64_t>(tensor.strides));
  set(made, dnn::tensor_alignment, dnn::int64_type, k_alignment);
  set(made, dnn::tensor_is_virtual, dnn::boolean_type, tensor.place == GraphTensor::Place::between);
  set(made, dnn::tensor_is_by_value, dnn::boolean_type, tensor.place == GraphTensor::Place::host);
  finalize(made, "a tensor");
  return made;
}

void GraphBuilder::multiply(dnn::Descriptor a, dnn::Descriptor b, dnn::Descriptor c) {
  const dnn::Descriptor how = make(dnn::matmul);
  set(how, dnn::matmul_type, dnn::data_type, dnn::f32);
  finalize(how, "a product");
  const dnn::Descriptor operation = make(dnn::matmul_op);
  point(operation, dnn::matmul_op_a, a);
  point(operation, dnn::matmul_op_b, b);
  point(operation, dnn::matmul_op_c, c);
  point(operation, dnn::matmul_op_is, how);
  finalize(operation, "a product's operands");
  operations_.push_back(operation);
}

void GraphBuilder::pointwise(const PointwiseStep& step) {
  const dnn::Descriptor how = make(dnn::pointwise);
  set(how, dnn::pointwise_mode, dnn::pointwise_mode_type, step.mode);
  set(how, dnn::pointwise_type, dnn::data_type, step.computed_in);
  if (step.mode == dnn::index_along) {
    set(how, dnn::pointwise_axis, dnn::int64_type, step.axis);
  }
  finalize(how, "an operation on elements");
  const dnn::Descriptor operation = make(dnn::pointwise_op);
  point(operation, dnn::pointwise_op_is, how);
  point(operation, dnn::pointwise_op_x, step.x);
  if (step.b != nullptr) {
    point(operation, dnn::pointwise_op_b, step.b);
  }
  if (step.t != nullptr) {
    point(operation, dnn::pointwise_op_t, step.t);
  }
  point(operation, dnn::pointwise_op_y, step.y);
  finalize(operation, "an operation's elements");
  operations_.push_back(operation);
}

void GraphBuilder::reduce(dnn::ReductionMode mode, dnn::Descriptor x, dnn::Descriptor y) {
  const dnn::Descriptor how = make(dnn::reduction);
  set(how, dnn::reduction_mode, dnn::reduction_mode_type, mode);
  set(how, dnn::reduction_type, dnn::data_type, dnn::f32);
  finalize(how, "a reduction");
  const dnn::Descriptor operation = make(dnn::reduction_op);
  point(operation, dnn::reduction_op_x, x);
  point(operation, dnn::reduction_op_y, y);
  point(operation, dnn::reduction_op_is, how);
  finalize(operation, "a reduction's operands");
  operations_.push_back(operation);
}

dnn::Descriptor GraphBuilder::graph(dnn::Handle handle) {
  const dnn::Descriptor made = make(dnn::graph);
  if (handle != nullptr) {
    set(made, dnn::graph_handle, dnn::handle_type, handle);
  }
  set(made, dnn::graph_ops, dnn::descriptor_type, std::span<const dnn::Descriptor>(operations_));
  finalize(made, "the graph");
  return made;
}

}  // namespace assay::cuda
