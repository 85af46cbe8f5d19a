// Matrix products of OpenBLAS. The one file that knows it.
#include <cblas.h>

#include <limits>
#include <string>

#include "kernels/host/product.h"

namespace assay {
namespace {

// "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ..." -> "0.3.21"
std::string version() {
  std::string config = openblas_get_config();
  const auto first = config.find(' ');
  if (first == std::string::npos) {
    return config;
  }
  return config.substr(first + 1, config.find(' ', first + 1) - first - 1);
}

class BlasProduct final : public Product {
 public:
  [[nodiscard]] Ran ran() const override {
    const std::string core = openblas_get_corename();
    return {.software = "OpenBLAS",
            .version = version(),
            .kernel = "dgemm:" + core,
            .isa = core,
            .threads = static_cast<std::uint32_t>(openblas_get_num_threads())};
  }

  Result<Done> multiply(const OperandPair& operands, std::byte* c) override {
    const auto m = static_cast<blasint>(operands.a.rows);
    const auto k = static_cast<blasint>(operands.a.columns);
    const auto n = static_cast<blasint>(operands.b.columns);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1.0,
                static_cast<const double*>(static_cast<const void*>(operands.a.data)), k,
                static_cast<const double*>(static_cast<const void*>(operands.b.data)), n, 0.0,
                static_cast<double*>(static_cast<void*>(c)), n);
    return Done{};
  }
};

}  // namespace

Result<Done> blas_supported(const GemmProblem& problem) {
  constexpr auto k_largest = static_cast<std::uint64_t>(std::numeric_limits<blasint>::max());
  if (problem.m > k_largest || problem.n > k_largest || problem.k > k_largest) {
    return Error{Error::Code::unsupported, "OpenBLAS " + version() + " has no f64 product with " +
                                               "m, n or k beyond " + std::to_string(k_largest)};
  }
  return Done{};
}

Result<std::unique_ptr<Product>> make_blas_product(const GemmProblem& problem) {
  if (auto known = blas_supported(problem); !known) {
    return known.error();
  }
  return std::unique_ptr<Product>(std::make_unique<BlasProduct>());
}

}  // namespace assay
