// Faults for the self-test: a kernel and a clock that lie. Nothing else makes them.
#pragma once

#include <cstdint>

#include "harness/run/clock.h"
#include "harness/run/draw.h"
#include "kernels/backend.h"

namespace assay {

enum class Tampering { none, flipped_bit, skipped_step, cached_result, slow };

/// Does what is asked, but for one fault in each batch, at a drawn place.
class TamperedKernel final : public Kernel {
 public:
  /// `delay_ppb`: for Tampering::slow, what is added to the time of each batch.
  TamperedKernel(Kernel& inner, Tampering tampering, const Digest& seed,
                 std::uint64_t delay_ppb = 0)
      : inner_(inner), tampering_(tampering), draw_(seed), delay_ppb_(delay_ppb) {}

  [[nodiscard]] Ran ran() const override { return inner_.ran(); }
  [[nodiscard]] Dimension dimension() const override { return inner_.dimension(); }
  [[nodiscard]] Natural work_per_step() const override { return inner_.work_per_step(); }
  [[nodiscard]] std::uint64_t tuples() const override { return inner_.tuples(); }
  [[nodiscard]] std::uint32_t slots() const override { return inner_.slots(); }
  Result<Done> poison(std::span<const Step> steps) override { return inner_.poison(steps); }
  Result<Done> run(std::span<const Step> steps) override;
  Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps) override {
    return inner_.witness(steps);
  }
  Result<CheckResult> check(std::span<const Step> steps, const Seed& challenge,
                            std::span<const std::uint32_t> full) override {
    return inner_.check(steps, challenge, full);
  }
  Result<Done> flip(std::uint32_t slot, std::uint64_t bit) override {
    return inner_.flip(slot, bit);
  }
  [[nodiscard]] std::uint64_t slot_bits() const override { return inner_.slot_bits(); }
  [[nodiscard]] bool whole_is_cheap() const override { return inner_.whole_is_cheap(); }

 private:
  Result<Done> run_then_flip(std::span<const Step> steps);
  Result<Done> run_slowly(std::span<const Step> steps);

  Kernel& inner_;
  Tampering tampering_;
  Draw draw_;
  std::uint64_t delay_ppb_;
  std::uint64_t last_tuple_ = 0;
};

/// A first clock that runs slow, beside a second one that doesn't.
class SlowedClock final : public Clock {
 public:
  SlowedClock(Clock& inner, std::uint64_t slow_ppb)
      : inner_(inner), slow_ppb_(slow_ppb), begin_ns_(inner.now_ns()) {}

  std::int64_t now_ns() override;
  std::int64_t witness_ns() override { return inner_.witness_ns(); }
  std::int64_t utc_ns() override { return inner_.utc_ns(); }
  void sleep_until_utc(std::int64_t utc_ns) override { inner_.sleep_until_utc(utc_ns); }

 private:
  Clock& inner_;
  std::uint64_t slow_ppb_;
  std::int64_t begin_ns_;
};

}  // namespace assay
