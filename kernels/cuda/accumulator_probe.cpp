#include "kernels/cuda/accumulator_probe.h"

#include <algorithm>
#include <vector>

#include "kernels/cuda/matmul_plan.h"
#include "kernels/number_bits.h"

namespace assay::cuda {
namespace {

constexpr unsigned k_least = 8;      // 2^8 + 1 is two products of any kind.
constexpr unsigned k_bits = 24;      // f32 holds 2^23 + 1, and no 2^24 + 1.
constexpr unsigned k_one_large = 8;  // A and B are at most 2^8 each.
constexpr std::uint64_t k_places = 3;
constexpr std::uint64_t k_step = 32;  // Of one instruction, along k.

GemmProblem problem_of(NumberType input) {
  return {.input = input, .m = (k_bits - k_least) * k_places, .n = 16, .k = 320};
}

double two_to(unsigned exponent) {
  return power_of_two(static_cast<int>(exponent));
}

/// Where B is 2^8 (even kk), row p of A adds up 2^p; where B is 1 (odd kk) it has its one 1.
std::vector<std::uint8_t> crafted_a(const GemmProblem& problem) {
  const std::uint64_t leading = Operands::leading_of(problem);
  const NumberType type = element_of_a(problem.input);
  std::vector<std::uint8_t> a(problem.m * leading);
  for (std::uint64_t row = 0; row < problem.m; ++row) {
    const unsigned p = k_least + static_cast<unsigned>(row / k_places);
    const unsigned large = std::min(p - k_one_large, k_one_large);
    const std::uint64_t terms = std::uint64_t{1} << (p - k_one_large - large);
    for (std::uint64_t term = 0; term < terms; ++term) {
      a[row * leading + 2 * term] = static_cast<std::uint8_t>(rounded_bits(type, two_to(large)));
    }
    const std::uint64_t last = 2 * (terms - 1);
    const std::uint64_t one = row % k_places == 0   ? 1
                              : row % k_places == 1 ? last + 1
                                                    : last + 1 + k_step;
    a[row * leading + one] = static_cast<std::uint8_t>(rounded_bits(type, 1.0));
  }
  return a;
}

std::vector<std::uint8_t> crafted_b(const GemmProblem& problem) {
  const std::uint64_t leading = Operands::leading_of(problem);
  const NumberType type = element_of_b(problem.input);
  std::vector<std::uint8_t> b(problem.n * leading);
  for (std::uint64_t i = 0; i < b.size(); ++i) {
    b[i] = static_cast<std::uint8_t>(rounded_bits(type, i % 2 == 0 ? two_to(k_one_large) : 1.0));
  }
  return b;
}

/// The least p of which a row is not 2^p + 1 throughout; 0 if that is the first.
unsigned bits_kept(const GemmProblem& problem, const std::vector<float>& c) {
  for (std::uint64_t row = 0; row < problem.m; ++row) {
    const unsigned p = k_least + static_cast<unsigned>(row / k_places);
    const auto* const begin = c.data() + row * problem.n;
    if (!std::all_of(begin, begin + problem.n, [p](float sum) { return sum == two_to(p) + 1; })) {
      return p == k_least ? 0 : p;
    }
  }
  return k_bits;
}

}  // namespace

Result<unsigned> measure_fp8_bits(const CublasLt& lt, NumberType input, cudaStream_t stream) {
  const GemmProblem problem = problem_of(input);
  const auto plan = MatmulPlan::make(lt, problem, 0);
  if (!plan) {
    return plan.error();
  }
  const auto a = on_device(crafted_a(problem));
  const auto b = on_device(crafted_b(problem));
  const auto c = on_device(std::vector<float>(problem.m * problem.n));
  if (!a || !b || !c) {
    return !a ? a.error() : !b ? b.error() : c.error();
  }
  const OperandPair operands{.a = {.data = a->data(), .scales = {}},
                             .b = {.data = b->data(), .scales = {}}};
  if (auto done = (*plan)->launch(operands, c->data(), stream); !done) {
    return done.error();
  }
  if (auto done = check(cudaStreamSynchronize(stream), "the probe of the accumulators"); !done) {
    return done.error();
  }
  const auto sums = on_host<float>(*c, problem.m * problem.n);
  if (!sums) {
    return sums.error();
  }
  return bits_kept(problem, *sums);
}

}  // namespace assay::cuda
