// Matrix products of oneDNN.
#include <string>

#include "kernels/host/dnnl_matmul.h"
#include "kernels/host/host_type.h"
#include "kernels/host/parallel.h"
#include "kernels/host/product.h"

namespace assay {
namespace {

// Without the dot-product instructions, s8 goes through sums of two products in 16 bits.
bool has_exact_s8() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::avx2_vnni:
    case dnnl::cpu_isa::avx512_core_vnni:
    case dnnl::cpu_isa::avx512_core_bf16:
    case dnnl::cpu_isa::avx512_core_amx: return true;
    case dnnl::cpu_isa::all:
    case dnnl::cpu_isa::sse41:
    case dnnl::cpu_isa::avx:
    case dnnl::cpu_isa::avx2:
    case dnnl::cpu_isa::avx512_mic:
    case dnnl::cpu_isa::avx512_mic_4ops:
    case dnnl::cpu_isa::avx512_core: return false;
  }
  return false;
}

dnnl::matmul::primitive_desc describe(const GemmProblem& problem, ProductLayout layout,
                                      const dnnl::engine& engine) {
  return {dnnl::matmul::desc(dnnl_matrix(problem.m, problem.k, problem.input, layout.a_turned),
                             dnnl_matrix(problem.k, problem.n, problem.input, layout.b_turned),
                             dnnl_matrix(problem.m, problem.n, problem.output)),
          engine};
}

class DnnlProduct final : public Product {
 public:
  DnnlProduct(const GemmProblem& problem, ProductLayout layout, const dnnl::engine& engine)
      : matmul_(engine, describe(problem, layout, engine)) {}

  [[nodiscard]] Ran ran() const override {
    return {.software = "oneDNN",
            .version = dnnl_version_text(),
            .kernel = matmul_.kernel(),
            .isa = dnnl_isa_name(),
            .threads = library_threads()};
  }

  Result<Done> multiply(const OperandPair& operands, std::byte* c) override {
    return matmul_.multiply(operands.a.data, operands.b.data, c, "the product");
  }

 private:
  DnnlMatmul matmul_;
};

std::string types_of(const GemmProblem& problem) {
  return std::string(name_of(problem.input)) +
         (problem.input == problem.output ? "" : " to " + std::string(name_of(problem.output)));
}

}  // namespace

Result<Done> dnnl_supported(const GemmProblem& problem, ProductLayout layout) {
  if (problem.input == NumberType::s8 && !has_exact_s8()) {
    return Error{Error::Code::unsupported, "oneDNN " + dnnl_version_text() +
                                               " has no exact s8 product on " + dnnl_isa_name() +
                                               " (it saturates)"};
  }
  if (!is_host_type(problem.input) || !is_host_type(problem.output)) {
    return dnnl_has_none(types_of(problem));
  }
  try {
    describe(problem, layout, dnnl::engine(dnnl::engine::kind::cpu, 0));
    return Done{};
  } catch (const dnnl::error& error) {
    return dnnl_refusal(types_of(problem), error);
  }
}

Result<std::unique_ptr<Product>> make_dnnl_product(const GemmProblem& problem,
                                                   ProductLayout layout) {
  if (auto known = dnnl_supported(problem, layout); !known) {
    return known.error();
  }
  try {
    return std::unique_ptr<Product>(
        std::make_unique<DnnlProduct>(problem, layout, dnnl::engine(dnnl::engine::kind::cpu, 0)));
  } catch (const dnnl::error& error) {
    return dnnl_refusal(types_of(problem), error);
  }
}

}  // namespace assay
