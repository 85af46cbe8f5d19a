// What a stated figure can mean: "0.5 EFLOP/s" of a machine is a different machine in each
// precision, dense or sparse. No floating point: what is near is decided in whole numbers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/model/contract.h"
#include "harness/model/nameplates.h"
#include "harness/model/sustained.h"

namespace assay {

/// A nameplate this near the claim, in percent of the claim, can be what it means.
inline constexpr std::uint32_t k_claim_tolerance = 10;

/// A share of what the whole inventory has by its dense nameplates, lowest to highest published.
struct SustainedRange {
  std::string_view work;
  Ratio low, high;                           ///< FLOP/s.
  Confidence confidence = Confidence::high;  ///< The lowest of the inventory's parts.
  std::vector<std::string_view> sources;     ///< Each once.

  /// What nobody has published for a part must be measured before it can bind.
  [[nodiscard]] bool provisional() const { return confidence == Confidence::low; }
};

/// The nameplate of one line's GPU, in one meaning.
struct LineNameplate {
  std::string line, model;
  Nameplate nameplate;
};

/// One thing the claim can mean: the sum of the nameplates of all GPUs.
struct ClaimReading {
  Precision precision = Precision::half;
  Sparsity sparsity = Sparsity::dense;
  std::optional<Natural> total;      ///< FLOP/s, or OP/s; none where a GPU has no such figure.
  Natural at_least = 0;              ///< The total, or that of the GPUs that have a figure.
  std::vector<std::string> lacking;  ///< The models without one.
  bool open = false;                 ///< Some lack a figure, and the others don't exceed the claim.
  bool near = false;                 ///< Within the tolerance of the claim's number.
  bool matches = false;              ///< Near, and of the claim's dimension.
  std::vector<LineNameplate> figures;
  std::vector<SustainedRange> sustained;  ///< Of dense readings only.
};

struct ClaimLine {
  std::string id, model;
  Natural gpus = 0;  ///< Without spares.
};

struct ClaimMeanings {
  std::vector<ClaimLine> lines;  ///< Of the inventory; those without GPUs are left out.
  Natural gpus = 0;
  std::vector<ClaimReading> readings;  ///< Wide to narrow, dense before sparse.

  /// False: the claim can't be reproduced, and the buyer must fix the definition.
  [[nodiscard]] bool reproducible() const;
};

/// Reads a claim: a rate of operations, more than 0. Fails with bad_input.
[[nodiscard]] Result<Quantity> parse_claim(std::string_view text);

/// Fails with bad_input, naming the place, where the inventory has no GPUs or one of a model whose
/// nameplates are not known. Formula: a contract's lines, nodes x GPUs of a node x nameplate.
[[nodiscard]] Result<ClaimMeanings> meanings_of(const Quantity& claim, const Contract& contract);

/// The same precision without sparsity, for a sparse reading; nullptr if it has no total.
[[nodiscard]] const ClaimReading* dense_of(const ClaimMeanings& meanings,
                                           const ClaimReading& reading);

}  // namespace assay
