// Graphs of cuDNN: tensors of four dimensions, and what is computed of them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernels/cuda/cudnn.h"

namespace assay::cuda {

using FourSizes = std::array<std::int64_t, 4>;

/// Of dense rows, the last index first.
[[nodiscard]] constexpr FourSizes dense_strides(const FourSizes& sizes) {
  return {sizes[1] * sizes[2] * sizes[3], sizes[2] * sizes[3], sizes[3], 1};
}

/// A tensor as the library is told of it.
struct GraphTensor {
  enum class Place { memory, between, host };  ///< On the device, nowhere, or one number.
  Place place = Place::between;
  dnn::DataType type = dnn::f32;
  FourSizes sizes{1, 1, 1, 1};
  FourSizes strides{1, 1, 1, 1};
};

/// One operation on elements. b and t where the mode has them; an axis for index_along.
struct PointwiseStep {
  dnn::PointwiseMode mode = dnn::add;
  dnn::DataType computed_in = dnn::f32;
  dnn::Descriptor x = nullptr, b = nullptr, t = nullptr, y = nullptr;
  std::int64_t axis = -1;
};

/// Makes descriptors and owns them, until a call fails: what comes then does nothing.
class GraphBuilder {
 public:
  /// `cudnn` must outlive it.
  explicit GraphBuilder(const Cudnn& cudnn) : cudnn_(cudnn) {}
  GraphBuilder(const GraphBuilder&) = delete;
  GraphBuilder& operator=(const GraphBuilder&) = delete;
  ~GraphBuilder();

  /// Its id is its place among the tensors, from 1 on.
  dnn::Descriptor tensor(const GraphTensor& tensor);
  /// c = a b, over the last two dimensions, in f32; fewer heads of b are each used for several of
  /// a.
  void multiply(dnn::Descriptor a, dnn::Descriptor b, dnn::Descriptor c);
  void pointwise(const PointwiseStep& step);
  /// Over the dimensions that y has one of.
  void reduce(dnn::ReductionMode mode, dnn::Descriptor x, dnn::Descriptor y);
  /// Of all operations so far; without a handle it is for no device in particular.
  dnn::Descriptor graph(dnn::Handle handle);

  /// Null, if a call has failed.
  dnn::Descriptor make(dnn::Kind kind);
  void finalize(dnn::Descriptor descriptor, const char* what);
  template <class Element>
  void set(dnn::Descriptor to, dnn::Attribute attribute, dnn::Type type,
           std::span<const Element> elements) {
    set_bytes(to, attribute, type, elements.size(), elements.data());
  }
  template <class Element>
  void set(dnn::Descriptor to, dnn::Attribute attribute, dnn::Type type, const Element& element) {
    set_bytes(to, attribute, type, 1, &element);
  }
  void point(dnn::Descriptor to, dnn::Attribute attribute, dnn::Descriptor at) {
    set(to, attribute, dnn::descriptor_type, at);
  }

  /// Whether all calls went well; fails as check_dnn() does of the first that didn't.
  [[nodiscard]] const Result<Done>& done() const { return done_; }

 private:
  void set_bytes(dnn::Descriptor to, dnn::Attribute attribute, dnn::Type type, std::size_t count,
                 const void* elements);

  const Cudnn& cudnn_;
  Result<Done> done_ = Done{};
  std::vector<dnn::Descriptor> made_;
  std::vector<dnn::Descriptor> operations_;
  std::int64_t tensors_ = 0;
};

}  // namespace assay::cuda
