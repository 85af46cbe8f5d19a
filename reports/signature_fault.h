// What is wrong with a signature. For the .cpp files that validate.
#pragma once

#include <optional>
#include <string>

#include "reports/indication.h"

namespace assay {

struct SignatureFault {
  Indication indication = Indication::total_failed;
  std::string sub_indication;  ///< ETSI EN 319 102-1
  std::string sentence;
};

}  // namespace assay
