#include "kernels/host/product.h"

namespace assay {

Result<std::unique_ptr<Product>> make_product(const GemmProblem& problem) {
  return problem.input == NumberType::f64 ? make_blas_product(problem) : make_dnnl_product(problem);
}

Result<Done> product_supported(const GemmProblem& problem) {
  return problem.input == NumberType::f64 ? blas_supported(problem) : dnnl_supported(problem);
}

}  // namespace assay
