// What of a nameplate was published as sustained: ranges for people, by which nothing is judged.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/model/nameplates.h"

namespace assay {

/// high: published for this very part; medium: for a sibling of it; low: an assumption.
enum class Confidence { low, medium, high };

/// "low (an assumption)", ...
[[nodiscard]] std::string_view name_of(Confidence confidence);

/// Shares of the dense nameplate in whole percent.
struct SustainedShare {
  std::string_view work;  ///< "matrix products", "HPL", ...
  Precision precision = Precision::half;
  std::uint32_t low = 0, high = 0;
  Confidence confidence = Confidence::low;
  std::string_view source;
};

/// Those published for this model or taken over from its siblings; none for one without nameplates.
[[nodiscard]] std::vector<SustainedShare> sustained_shares(std::string_view model);

}  // namespace assay
