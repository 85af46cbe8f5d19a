// A matrix product of a library, ready to run.
#pragma once

#include <memory>

#include "kernels/backend.h"
#include "kernels/host/operands.h"

namespace assay {

/// C = A x B on dense matrices of fixed shape, layout and types.
class Product {
 public:
  Product() = default;
  Product(const Product&) = delete;
  Product& operator=(const Product&) = delete;
  virtual ~Product() = default;

  [[nodiscard]] virtual Ran ran() const = 0;

  /// Returns when C is complete. Fails with device if the library says it could not.
  virtual Result<Done> multiply(const OperandPair& operands, std::byte* c) = 0;
};

/// The product of the library that computes these types here. Fails with unsupported, naming type,
/// library and instruction set, if none computes it exactly.
[[nodiscard]] Result<std::unique_ptr<Product>> make_product(const GemmProblem& problem);

/// Whether make_product would succeed, without generating code or taking memory.
[[nodiscard]] Result<Done> product_supported(const GemmProblem& problem);

/// Operands of which the transpose is stored, dense and row-major.
struct ProductLayout {
  bool a_turned = false, b_turned = false;
};

/// oneDNN: f32, bf16 and s8.
[[nodiscard]] Result<std::unique_ptr<Product>> make_dnnl_product(const GemmProblem& problem,
                                                                 ProductLayout layout = {});
[[nodiscard]] Result<Done> dnnl_supported(const GemmProblem& problem, ProductLayout layout = {});

/// OpenBLAS: f64.
[[nodiscard]] Result<std::unique_ptr<Product>> make_blas_product(const GemmProblem& problem);
[[nodiscard]] Result<Done> blas_supported(const GemmProblem& problem);

}  // namespace assay
