// Reading and writing main memory with every CPU, every pass checkable.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "kernels/backend.h"
#include "kernels/host/buffer.h"
#include "kernels/host/memory_passes.h"
#include "kernels/host/memory_pattern.h"
#include "kernels/host/pinned_pool.h"
#include "kernels/keyed.h"
#include "kernels/memory_plan.h"

namespace assay {

/// A tuple says where in the sources a pass begins and by which number it multiplies, so that every
/// pass writes other bytes. There is one destination: one slot.
///
/// The sources hold a function of seed and index, and a check computes it anew: what it compares
/// with was never in the memory under test.
class MemoryKernel final : public Kernel {
 public:
  [[nodiscard]] static Result<Done> supports(const MemoryProblem& problem);
  [[nodiscard]] static Result<std::unique_ptr<MemoryKernel>> prepare(const MemoryProblem& problem,
                                                                     const Seed& seed);

  explicit MemoryKernel(const MemoryProblem& problem, const Seed& seed);

  [[nodiscard]] Ran ran() const override;
  [[nodiscard]] Dimension dimension() const override { return Dimension::byte_rate; }
  [[nodiscard]] Natural work_per_step() const override;
  [[nodiscard]] std::uint64_t tuples() const override { return memory::k_tuples; }
  [[nodiscard]] std::uint32_t slots() const override { return 1; }
  Result<Done> poison(std::span<const Step> steps) override;
  Result<Done> run(std::span<const Step> steps) override;
  Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps) override;
  Result<CheckResult> check(std::span<const Step> steps, const Seed& challenge,
                            std::span<const std::uint32_t> full) override;
  Result<Done> flip(std::uint32_t slot, std::uint64_t bit) override;
  [[nodiscard]] std::uint64_t slot_bits() const override { return 64 * output_words(); }
  [[nodiscard]] bool whole_is_cheap() const override { return true; }

 private:
  struct Part {
    std::uint64_t first = 0, elements = 0;
    std::uint64_t sum = 0;                 // The output of a read.
    std::array<std::uint64_t, 64> ones{};  // How many elements have bit i set.
  };

  Result<Done> fill();
  void count_ones(Part& part) const;
  [[nodiscard]] bool reads() const { return problem_.op == MemoryProblem::Op::read; }
  [[nodiscard]] bool adds() const { return problem_.op == MemoryProblem::Op::triad; }
  [[nodiscard]] std::uint64_t output_words() const;
  [[nodiscard]] std::uint64_t& output(std::uint64_t word);
  [[nodiscard]] std::uint64_t expected(const memory::Tuple& tuple, std::uint64_t word) const;
  [[nodiscard]] Mismatch mismatch(std::uint64_t word, std::uint64_t expected);
  std::optional<Mismatch> check_places(const Step& step, const Keyed& draw);
  std::optional<Mismatch> check_whole(const Step& step);

  MemoryProblem problem_;
  memory::Pattern pattern_;
  std::uint64_t elements_ = 0;
  Buffer to_, b_, c_;
  std::vector<Part> parts_;
  PinnedPool pool_;
};

}  // namespace assay
