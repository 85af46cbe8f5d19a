#include "kernels/cuda/matmul_plan.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

#include "kernels/block_scales.h"

namespace assay::cuda {
namespace {

constexpr std::size_t k_workspace_bytes = std::size_t{64} << 20U;
constexpr int k_candidates = 16;

struct Types {
  lt::DataType a, b, output, scale;
  lt::ComputeType compute;
};

/// What m, n and k must be multiples of. Its documentation asks for whole accesses of 16 bytes (4
/// for s8); with block scales, k for whole blocks, and 32 is 16 bytes of nvfp4.
std::uint64_t whole_of(NumberType input) {
  switch (input) {
    case NumberType::s8: return 4;
    case NumberType::fp8_e4m3:
    case NumberType::fp8_e5m2_e4m3: return 16;
    case NumberType::mxfp8_e4m3:
    case NumberType::nvfp4: return 32;
    case NumberType::f64:
    case NumberType::f32:
    case NumberType::tf32:
    case NumberType::bf16:
    case NumberType::f16:
    case NumberType::fp8_e5m2:
    case NumberType::s32: break;
  }
  return 1;
}

std::optional<lt::DataType> data_type(NumberType type) {
  switch (type) {
    case NumberType::f64: return lt::r64f;
    case NumberType::f32:
    case NumberType::tf32: return lt::r32f;
    case NumberType::bf16: return lt::r16bf;
    case NumberType::f16: return lt::r16f;
    case NumberType::fp8_e4m3:
    case NumberType::mxfp8_e4m3: return lt::r8f_e4m3;
    case NumberType::fp8_e5m2: return lt::r8f_e5m2;
    case NumberType::nvfp4: return lt::r4f_e2m1;
    case NumberType::s32: return lt::r32i;
    case NumberType::s8: return lt::r8i;
    case NumberType::fp8_e5m2_e4m3: break;
  }
  return std::nullopt;
}

std::optional<Types> types_of(const GemmProblem& problem) {
  const auto a = data_type(element_of_a(problem.input));
  const auto b = data_type(element_of_b(problem.input));
  const auto output = data_type(problem.output);
  // Two e5m2 matrices it does not multiply: its table of types has no such line.
  if (!a || !b || !output || problem.input == NumberType::fp8_e5m2) {
    return std::nullopt;
  }
  switch (problem.accumulate) {
    case NumberType::f64: return Types{*a, *b, *output, lt::r64f, lt::c64f};
    case NumberType::s32: return Types{*a, *b, *output, lt::r32i, lt::c32i};
    case NumberType::f32:
      return Types{*a, *b, *output, lt::r32f,
                   problem.input == NumberType::tf32 ? lt::c32f_fast_tf32 : lt::c32f};
    case NumberType::tf32:
    case NumberType::bf16:
    case NumberType::f16:
    case NumberType::fp8_e4m3:
    case NumberType::fp8_e5m2:
    case NumberType::fp8_e5m2_e4m3:
    case NumberType::mxfp8_e4m3:
    case NumberType::nvfp4:
    case NumberType::s8: break;
  }
  return std::nullopt;
}

std::string name_of_types(const GemmProblem& problem) {
  return std::string(name_of(problem.input)) +
         (problem.input == problem.output ? "" : " to " + std::string(name_of(problem.output)));
}

}  // namespace

Result<Done> MatmulPlan::supports(const GemmProblem& problem) {
  if (!types_of(problem)) {
    return Error{Error::Code::unsupported,
                 "the cuda backend has no " + name_of_types(problem) + " product"};
  }
  const std::uint64_t whole = whole_of(problem.input);
  if (problem.m % whole != 0 || problem.n % whole != 0 || problem.k % whole != 0) {
    return Error{Error::Code::unsupported, "cuBLASLt has no " + name_of_types(problem) +
                                               " product where m, n and k are not multiples of " +
                                               std::to_string(whole)};
  }
  return Done{};
}

Result<std::unique_ptr<MatmulPlan>> MatmulPlan::make(const CublasLt& lt, const GemmProblem& problem,
                                                     int shift) {
  std::unique_ptr<MatmulPlan> plan(new MatmulPlan(lt));
  if (problem.accumulate == NumberType::f64) {
    plan->alpha_.f64 = std::ldexp(1.0, -shift);
  } else if (problem.accumulate == NumberType::s32) {
    plan->alpha_.s32 = 1;
  } else {
    const double units = unit_of(problem.input) * unit_of(problem.input);
    plan->alpha_.f32 = static_cast<float>(std::ldexp(1.0 / units, -shift));
  }
  auto workspace = DeviceBuffer::of_bytes(k_workspace_bytes);
  if (!workspace) {
    return workspace.error();
  }
  plan->workspace_ = std::move(*workspace);
  if (auto done = plan->describe(problem); !done) {
    return done.error();
  }
  if (auto done = plan->ask(problem); !done) {
    return done.error();
  }
  return plan;
}

MatmulPlan::~MatmulPlan() {
  for (const lt::Layout layout : {a_, b_, c_}) {
    if (layout != nullptr) {
      lt_.layout_destroy(layout);
    }
  }
  if (desc_ != nullptr) {
    lt_.desc_destroy(desc_);
  }
  if (handle_ != nullptr) {
    lt_.destroy(handle_);
  }
}

/// cuBLASLt counts by columns: its A is our B, transposed, its B our A, and its D our C.
Result<Done> MatmulPlan::describe(const GemmProblem& problem) {
  const auto types = types_of(problem);
  if (!types) {
    return supports(problem);
  }
  if (auto done = check_lt(lt_.create(&handle_), "cublasLtCreate"); !done) {
    return done;
  }
  if (auto done = check_lt(lt_.desc_create(&desc_, types->compute, types->scale),
                           "cublasLtMatmulDescCreate");
      !done) {
    return done;
  }
  compute_ = types->compute;
  const std::int32_t transposed = lt::op_t;
  if (auto done = check_lt(lt_.desc_set(desc_, lt::desc_trans_a, &transposed, sizeof transposed),
                           "cublasLtMatmulDescSetAttribute (transa)");
      !done) {
    return done;
  }
  if (is_fp8_product(problem.input)) {
    const std::int8_t fast = 0;  // Sums of 14 bits on Hopper are not the clause's f32.
    if (auto done = check_lt(lt_.desc_set(desc_, lt::desc_fast_accum, &fast, sizeof fast),
                             "cublasLtMatmulDescSetAttribute (fast accumulation)");
        !done) {
      return done;
    }
  }
  if (auto done = describe_scales(problem); !done) {
    return done;
  }
  return describe_layouts(problem);
}

/// The pointers are set for every product; the heuristic wants some, and does not look behind them.
Result<Done> MatmulPlan::describe_scales(const GemmProblem& problem) {
  has_scales_ = scale_block_of(problem.input) != 0;
  if (!has_scales_) {
    return Done{};
  }
  const std::int32_t mode = problem.input == NumberType::nvfp4 ? lt::vec16_ue4m3 : lt::vec32_ue8m0;
  for (const int attribute : {lt::desc_scale_mode_a, lt::desc_scale_mode_b}) {
    if (auto done = check_lt(lt_.desc_set(desc_, attribute, &mode, sizeof mode),
                             "cublasLtMatmulDescSetAttribute (scale mode)");
        !done) {
      return done;
    }
  }
  return point_at_scales(workspace_.data(), workspace_.data());
}

Result<Done> MatmulPlan::point_at_scales(const void* a, const void* b) const {
  for (const auto& [attribute, scales] :
       {std::pair{lt::desc_scale_a, a}, std::pair{lt::desc_scale_b, b}}) {
    if (auto done = check_lt(lt_.desc_set(desc_, attribute, &scales, sizeof scales),
                             "cublasLtMatmulDescSetAttribute (scales)");
        !done) {
      return done;
    }
  }
  return Done{};
}

Result<Done> MatmulPlan::describe_layouts(const GemmProblem& problem) {
  const Types types = *types_of(problem);
  const auto leading = static_cast<std::int64_t>(Operands::leading_of(problem));
  const std::string call = "cublasLtMatrixLayoutCreate";
  if (auto done = check_lt(lt_.layout_create(&a_, types.b, problem.k, problem.n, leading), call);
      !done) {
    return done;
  }
  if (auto done = check_lt(lt_.layout_create(&b_, types.a, problem.k, problem.m, leading), call);
      !done) {
    return done;
  }
  return check_lt(lt_.layout_create(&c_, types.output, problem.n, problem.m,
                                    static_cast<std::int64_t>(problem.n)),
                  call);
}

/// Split sums may be reduced in the type of the sums only.
Result<Done> MatmulPlan::ask(const GemmProblem& problem) {
  lt::Preference preference = nullptr;
  if (auto done = check_lt(lt_.preference_create(&preference), "cublasLtMatmulPreferenceCreate");
      !done) {
    return done;
  }
  const std::uint64_t bytes = k_workspace_bytes;
  const std::uint32_t reductions = lt::compute_type;
  const std::uint32_t alignment = Operands::k_alignment;
  int status = lt_.preference_set(preference, lt::pref_workspace_bytes, &bytes, sizeof bytes);
  for (const auto& [attribute, value] :
       {std::pair{lt::pref_reduction_mask, reductions}, std::pair{lt::pref_alignment_a, alignment},
        std::pair{lt::pref_alignment_b, alignment}}) {
    status = status != 0 ? status : lt_.preference_set(preference, attribute, &value, sizeof value);
  }
  std::vector<lt::Heuristic> found(k_candidates);
  int count = 0;
  if (status == lt::k_success) {
    status = lt_.heuristics(handle_, desc_, a_, b_, c_, c_, preference, k_candidates, found.data(),
                            &count);
  }
  lt_.preference_destroy(preference);
  if (status != lt::k_success && status != lt::k_not_supported) {
    return check_lt(status, "cublasLtMatmulAlgoGetHeuristic");
  }
  found.resize(static_cast<std::size_t>(status == lt::k_success ? count : 0));
  std::copy_if(found.begin(), found.end(), std::back_inserter(candidates_),
               [this](const lt::Heuristic& candidate) {
                 return candidate.state == lt::k_success &&
                        candidate.workspace <= k_workspace_bytes && keeps_its_sums(candidate.algo);
               });
  if (candidates_.empty()) {
    return Error{Error::Code::unsupported, "cuBLASLt " + lt_.version + " has no " +
                                               name_of_types(problem) +
                                               " product for this shape on this device"};
  }
  chosen_ = candidates_.front();
  return Done{};
}

std::uint32_t MatmulPlan::setting(const lt::Algo& algo, int attribute) const {
  // Most are 32 bits, some 16: a shorter one leaves the rest 0.
  std::uint32_t value = 0;
  std::size_t written = 0;
  if (lt_.algo_get(&algo, attribute, &value, sizeof value, &written) == lt::k_success) {
    return value;
  }
  std::uint16_t half = 0;
  const int status = lt_.algo_get(&algo, attribute, &half, sizeof half, &written);
  return status == lt::k_success ? half : std::numeric_limits<std::uint32_t>::max();
}

bool MatmulPlan::keeps_its_sums(const lt::Algo& algo) const {
  const std::uint32_t reduction = setting(algo, lt::algo_reduction);
  return reduction == lt::none || reduction == lt::compute_type;
}

Result<Done> MatmulPlan::launch_with(const lt::Heuristic& candidate, const OperandPair& operands,
                                     std::byte* c, cudaStream_t stream) const {
  if (has_scales_) {
    // Read by the call below, which passes them on: one plan is used by one thread at a time.
    if (auto done = point_at_scales(operands.b.scales.data, operands.a.scales.data); !done) {
      return done;
    }
  }
  return check_lt(
      lt_.matmul(handle_, desc_, &alpha_, operands.b.data, a_, operands.a.data, b_, &beta_, c, c_,
                 c, c_, &candidate.algo, workspace_.data(), k_workspace_bytes, stream),
      "cublasLtMatmul");
}

Result<std::int64_t> MatmulPlan::time(const OperandPair& operands, std::byte* c,
                                      cudaStream_t stream) {
  const auto begun = std::chrono::steady_clock::now();
  if (auto done = launch_with(chosen_, operands, c, stream); !done) {
    return done.error();
  }
  if (auto done = check(cudaStreamSynchronize(stream), "a product of the search"); !done) {
    return done.error();
  }
  return std::chrono::nanoseconds(std::chrono::steady_clock::now() - begun).count();
}

Result<Done> MatmulPlan::search(const OperandPair& operands, std::byte* c, cudaStream_t stream) {
  constexpr int k_times = 3;  // The first pays for loading the kernel.
  std::int64_t spent = 0;
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  std::optional<lt::Heuristic> best;
  tried_ = 0;
  for (const lt::Heuristic& candidate : candidates_) {
    chosen_ = candidate;
    std::int64_t fastest = std::numeric_limits<std::int64_t>::max();
    for (int i = 0; i < k_times; ++i) {
      const auto took = time(operands, c, stream);
      if (!took && took.error().code != Error::Code::unsupported) {
        return took.error();
      }
      if (!took) {
        break;  // A heuristic is a guess: this one cannot run after all.
      }
      spent += *took;
      fastest = i == 0 ? fastest : std::min(fastest, *took);
    }
    ++tried_;
    if (fastest < least) {
      least = fastest;
      best = candidate;
    }
    if (spent > k_search_ns) {
      break;
    }
  }
  if (!best) {
    return Error{Error::Code::unsupported,
                 "cuBLASLt " + lt_.version + ": none of its algorithms for this product runs"};
  }
  chosen_ = *best;
  return Done{};
}

Result<Done> MatmulPlan::launch(const OperandPair& operands, std::byte* c,
                                cudaStream_t stream) const {
  return launch_with(chosen_, operands, c, stream);
}

std::string MatmulPlan::algorithm() const {
  const auto text = [this](int attribute) {
    return std::to_string(setting(chosen_.algo, attribute));
  };
  return "compute " + std::to_string(compute_) + ", algo " + text(lt::algo_id) + ", tile " +
         text(lt::algo_tile) + ", stages " + text(lt::algo_stages) + ", cluster " +
         text(lt::algo_cluster) + ", split-k " + text(lt::algo_split_k) + ", reduction " +
         text(lt::algo_reduction) + "; best of " + std::to_string(tried_);
}

}  // namespace assay::cuda
