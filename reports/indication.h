// The three answers of a signature validation (ETSI EN 319 102-1).
#pragma once

namespace assay {

enum class Indication { total_passed, total_failed, indeterminate };

}  // namespace assay
