// One rank of a decoder layer's step: its own tokens, and the sum of all ranks' gradients.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "harness/run/rank_messages.h"
#include "kernels/host/transformer_kernel.h"
#include "kernels/mpi/mpi_interface.h"

namespace assay {

class LayerRank {
 public:
  /// Bytes of memory that one rank takes.
  [[nodiscard]] static Natural bytes_needed(const TransformerProblem& problem);
  /// The exchange of gradients, as a collective.
  [[nodiscard]] static CollectiveProblem exchange_of(const TransformerProblem& problem);

  [[nodiscard]] static Result<std::unique_ptr<LayerRank>> make(const TransformerProblem& problem,
                                                               std::uint32_t rank,
                                                               const Seed& seed);

  LayerRank(const TransformerProblem& problem, std::uint32_t rank,
            std::unique_ptr<TransformerKernel> kernel)
      : problem_(problem), rank_(rank), kernel_(std::move(kernel)) {}

  Result<Done> prepare(std::span<const Step> steps);
  /// Forward and backward pass.
  Result<Done> compute(const Step& step) { return kernel_->run({&step, 1}); }
  /// One call of MPI that adds all weights' gradients of all ranks.
  Result<Done> exchange(const Step& step, const AssayMpi& mpi);
  /// Its own part as the kernel does it, by its challenge; then that the sums are those of all
  /// ranks' gradients, which are gathered for it: at drawn places, of steps in `full` everywhere. A
  /// sum of n numbers in f32 may be off by g(n) of the sum of their magnitudes, in any order (g:
  /// kernels/host/layer_claim.h). All ranks gather at once. Each finds its own gradients among
  /// them, and the record's bytes are a digest of all, so that all have seen the same.
  Result<Done> check(const RankCommand& command, const AssayMpi& mpi, RankRecord& record);
  Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps) {
    return kernel_->witness(steps);
  }
  [[nodiscard]] Ran ran() const { return kernel_->ran(); }
  /// Bits are those of the kernel, then the highest of the exponent of each sum.
  Result<Done> flip(std::uint32_t slot, std::uint64_t bit);
  void on_progress(std::function<void()> progress) {
    progress_ = progress;
    kernel_->on_progress(std::move(progress));
  }
  Result<double> product_rate() { return kernel_->product_rate(); }

 private:
  struct Stretch {
    std::uint64_t first = 0, count = 0;
  };
  [[nodiscard]] std::uint64_t weights() const;
  [[nodiscard]] float* sums(std::uint32_t slot) const {
    return sums_.as<float>() + slot * weights();
  }
  [[nodiscard]] const float* own(std::uint32_t slot) const;
  Result<std::optional<Mismatch>> check_sums(const Step& step, Stretch stretch,
                                             const AssayMpi& mpi);
  Result<std::optional<Mismatch>> check_sums_of(const RankCommand& command, std::uint32_t index,
                                                const AssayMpi& mpi);

  void take_note_of_gathered();

  TransformerProblem problem_;
  std::uint32_t rank_;
  std::unique_ptr<TransformerKernel> kernel_;
  Buffer sums_;
  std::vector<float> gathered_;
  std::uint64_t gathered_digest_ = 0;
  std::function<void()> progress_ = [] {};
};

}  // namespace assay
