// Randomness from the kernel, for nonces.
#pragma once

#include "harness/model/result.h"
#include "reports/digest.h"

namespace assay {

/// 32 unpredictable bytes. Fails with io if the kernel gives none.
[[nodiscard]] Result<Digest> random_digest();

}  // namespace assay
