// A matrix product of cuBLASLt, with the algorithm that was fastest in a timed search.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "kernels/backend.h"
#include "kernels/cuda/cublaslt.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/operands.h"

namespace assay::cuda {

/// C = 2^-shift A B with operands as in operands.h and C dense and row-major.
class MatmulPlan {
 public:
  /// The types this module asks cuBLASLt for; unsupported, by name, for all others.
  [[nodiscard]] static Result<Done> supports(const GemmProblem& problem);

  /// Fails with unsupported, naming the types and the library, if it has no algorithm that keeps
  /// its sums in the clause's type to the end. `lt` must outlive the plan.
  [[nodiscard]] static Result<std::unique_ptr<MatmulPlan>> make(const CublasLt& lt,
                                                                const GemmProblem& problem,
                                                                int shift);
  MatmulPlan(const MatmulPlan&) = delete;
  MatmulPlan& operator=(const MatmulPlan&) = delete;
  ~MatmulPlan();

  /// Times every candidate on these operands, at most k_search_ns in all, and keeps the fastest.
  static constexpr std::int64_t k_search_ns = 2'000'000'000;
  [[nodiscard]] Result<Done> search(const OperandPair& operands, std::byte* c, cudaStream_t stream);

  /// Queues one product on `stream`.
  [[nodiscard]] Result<Done> launch(const OperandPair& operands, std::byte* c,
                                    cudaStream_t stream) const;

  /// "compute 68, algo 66, tile 20, stages 35, cluster 3, split-k 1, reduction 0; best of 8".
  [[nodiscard]] std::string algorithm() const;

 private:
  explicit MatmulPlan(const CublasLt& lt) : lt_(lt) {}

  Result<Done> describe(const GemmProblem& problem);
  Result<Done> describe_scales(const GemmProblem& problem);
  /// In the library's order: its A is our B.
  [[nodiscard]] Result<Done> point_at_scales(const void* a, const void* b) const;
  Result<Done> describe_layouts(const GemmProblem& problem);
  Result<Done> ask(const GemmProblem& problem);
  [[nodiscard]] std::uint32_t setting(const lt::Algo& algo, int attribute) const;
  [[nodiscard]] bool keeps_its_sums(const lt::Algo& algo) const;
  Result<std::int64_t> time(const OperandPair& operands, std::byte* c, cudaStream_t stream);
  Result<Done> launch_with(const lt::Heuristic& candidate, const OperandPair& operands,
                           std::byte* c, cudaStream_t stream) const;

  /// Alpha and beta are of the type of the sums.
  union Scalar {
    double f64;
    float f32;
    std::int32_t s32;
  };

  const CublasLt& lt_;
  lt::Handle handle_ = nullptr;
  lt::Desc desc_ = nullptr;
  lt::Layout a_ = nullptr, b_ = nullptr, c_ = nullptr;
  Scalar alpha_{}, beta_{};
  DeviceBuffer workspace_;
  std::vector<lt::Heuristic> candidates_;
  lt::Heuristic chosen_{};
  std::size_t tried_ = 0;
  int compute_ = 0;  ///< The compute type that was asked for.
  bool has_scales_ = false;
};

}  // namespace assay::cuda
