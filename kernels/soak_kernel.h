// Products, triads and copies in turn: one kernel made of three.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "kernels/backend.h"

namespace assay {

/// The product, the triad and the copy of a soak, as one backend does them.
using SoakParts = std::array<Problem, 3>;
[[nodiscard]] SoakParts soak_parts(const SoakProblem& soak, const Problem& copy);

/// Whether `backend` supports each of them; which it doesn't, by its own sentence.
[[nodiscard]] Result<Done> soak_supported(Backend& backend, const SoakParts& parts,
                                          const Device& device);
/// Each part has operands of its own, drawn from `seed`. Fails as the backend does.
[[nodiscard]] Result<std::unique_ptr<Kernel>> prepare_soak(Backend& backend, const SoakParts& parts,
                                                           const Device& device, const Seed& seed);

/// A step is a step of each part, with the same tuple and slot; a batch is all its products, then
/// all its triads, then all its copies. A slot is wrong if it is in any part. Elements of a slot
/// are those of the product, then those of the triad, then those of the copy.
class SoakKernel final : public Kernel {
 public:
  struct Part {
    std::unique_ptr<Kernel> kernel;
    unsigned element_bits = 64;  ///< Of one element of a slot.
  };
  explicit SoakKernel(std::array<Part, 3> parts) : parts_(std::move(parts)) {}

  [[nodiscard]] Ran ran() const override;
  [[nodiscard]] Dimension dimension() const override { return Dimension::count; }
  [[nodiscard]] Natural work_per_step() const override { return parts_.size(); }
  [[nodiscard]] std::uint64_t tuples() const override;
  [[nodiscard]] std::uint32_t slots() const override;
  Result<Done> poison(std::span<const Step> steps) override;
  Result<Done> run(std::span<const Step> steps) override;
  Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps) override;
  Result<CheckResult> check(std::span<const Step> steps, const Seed& challenge,
                            std::span<const std::uint32_t> full) override;
  Result<Done> flip(std::uint32_t slot, std::uint64_t bit) override;
  [[nodiscard]] std::uint64_t slot_bits() const override;

 private:
  std::array<Part, 3> parts_;
};

}  // namespace assay
