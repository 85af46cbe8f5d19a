// Products of small matrices of oneDNN, each of them one thread's.
#include <omp.h>

#include "kernels/host/block_product.h"
#include "kernels/host/dnnl_matmul.h"
#include "kernels/host/host_type.h"

namespace assay {
namespace {

/// A primitive shares its work out among as many threads as OpenMP had when it was made. These run
/// inside a parallel loop, where there is one each.
class OneThread {
 public:
  OneThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;
  ~OneThread() { omp_set_num_threads(before_); }

 private:
  int before_;
};

dnnl::matmul::primitive_desc describe(const BlockShape& shape, const dnnl::engine& engine) {
  dnnl::primitive_attr attributes;
  // Memory of the caller's, since another thread may run the same code at the same time.
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (!shape.transposed) {
    dnnl::post_ops adds;
    adds.append_sum(1.0F);
    attributes.set_post_ops(adds);
  }
  return {dnnl::matmul::desc(dnnl_matrix(shape.m, shape.k, shape.input),
                             dnnl_matrix(shape.k, shape.n, shape.input, shape.transposed),
                             dnnl_matrix(shape.m, shape.n, NumberType::f32)),
          attributes, engine};
}

class DnnlBlock final : public BlockProduct {
 public:
  DnnlBlock(const BlockShape& shape, const dnnl::engine& engine)
      : matmul_(engine, describe(shape, engine)) {}

  [[nodiscard]] std::string kernel() const override { return matmul_.kernel(); }
  [[nodiscard]] std::string isa() const override { return dnnl_isa_name(); }
  [[nodiscard]] std::string version() const override { return dnnl_version_text(); }

  Result<Done> multiply(const std::byte* a, const std::byte* b, float* c) override {
    return matmul_.multiply(a, b, c, "a block's product");
  }

 private:
  DnnlMatmul matmul_;
};

std::string what_of(const BlockShape& shape) {
  return std::string(name_of(shape.input)) + (shape.input == NumberType::f32 ? "" : " to f32");
}

}  // namespace

Result<Done> block_product_supported(const BlockShape& shape) {
  if (!is_host_type(shape.input)) {
    return dnnl_has_none(what_of(shape));
  }
  try {
    describe(shape, dnnl::engine(dnnl::engine::kind::cpu, 0));
    return Done{};
  } catch (const dnnl::error& error) {
    return dnnl_refusal(what_of(shape), error);
  }
}

Result<std::unique_ptr<BlockProduct>> make_block_product(const BlockShape& shape) {
  if (auto known = block_product_supported(shape); !known) {
    return known.error();
  }
  try {
    const OneThread alone;
    return std::unique_ptr<BlockProduct>(
        std::make_unique<DnnlBlock>(shape, dnnl::engine(dnnl::engine::kind::cpu, 0)));
  } catch (const dnnl::error& error) {
    return dnnl_refusal(what_of(shape), error);
  }
}

}  // namespace assay
