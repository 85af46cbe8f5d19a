// Shows before a campaign that faults are found: each is injected at 1.5 times its tolerance, at a
// place drawn from the nonce, and must be caught by name.
#pragma once

#include <string>
#include <vector>

#include "harness/model/contract.h"
#include "kernels/backend.h"
#include "reports/digest.h"

namespace assay {

struct SelftestPlan {
  Digest seed{};                 ///< From the nonce.
  Conditions conditions;         ///< The contract's tolerances.
  bool has_collectives = false;  ///< The campaign starts ranks.
  bool has_fio = false;          ///< It has fio move files.
  bool has_gpu_files = false;    ///< It has files go into or out of a GPU's memory.
};

struct SelftestCheck {
  std::string name;  ///< Of the fault: "flipped_bit", ...; "healthy" for the control.
  bool caught = false;
  std::string by;  ///< What caught it, in a few words; else what was seen instead.
};

struct SelftestResult {
  std::vector<SelftestCheck> checks;

  /// Every fault is caught and the healthy control is not.
  [[nodiscard]] bool passed() const;
};

/// Injects every fault, on `device` where it takes one. A fault that can't be injected is not
/// caught, and says why.
[[nodiscard]] SelftestResult run_selftest(Backend& backend, const Device& device,
                                          const SelftestPlan& plan);

}  // namespace assay
