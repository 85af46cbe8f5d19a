// Cases as benchmarks: one window after the other, as an attempt has it, but of as many steps as
// are asked for. It is evidence of nothing; who measures for a contract runs a campaign.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/run/case.h"
#include "harness/run/clock.h"
#include "harness/run/probe.h"
#include "kernels/backend.h"
#include "reports/blocks.h"
#include "reports/digest.h"

namespace assay {

/// One case with parameters.
struct BenchedCase {
  std::string name;  ///< "compute.gemm/input:bf16/...", or a bare id for a case that only finds.
  Case a_case;
  Params params;
};

/// Every case with each combination of words that makes sense, fallbacks where it has them, and
/// small numbers for the rest; `fixed` parameters have that one value. Fails with bad_input where
/// no case has a fixed parameter, or none takes its value.
[[nodiscard]] Result<std::vector<BenchedCase>> benched_cases(const std::vector<Case>& cases,
                                                             const Params& fixed = {});

/// The outside that a bench touches. All must outlive it.
struct BenchWorld {
  Backend& backend;
  Device device;
  Clock& clock;
  Probe& probe;
  Digest link{};        ///< Operands and challenges are drawn from it.
  std::string scratch;  ///< Directory for the files of cases that need some; "": none.
};

struct BenchedWindow {
  Ran ran;
  Dimension dimension = Dimension::count;
  Natural work_per_step = 0;
  WindowSums sums;  ///< Checks are inside it, as in every window.
};

/// Keeps the kernel of the case that ran last, so that running it again costs no preparation.
class CaseBench {
 public:
  explicit CaseBench(BenchWorld world) : world_(std::move(world)) {}

  /// A window of at least the time that so many steps took per step last time; of very few steps at
  /// first. Fails as prepare_kernel() and run_window().
  Result<BenchedWindow> run(const BenchedCase& benched, std::uint64_t steps);

 private:
  Result<Done> prepare(const BenchedCase& benched);

  BenchWorld world_;
  std::string prepared_;  ///< Name of the case whose kernel it is.
  std::unique_ptr<Kernel> kernel_;
  double step_ns_ = 0;  ///< 0: not known yet.
  std::uint64_t windows_ = 0;
};

}  // namespace assay
