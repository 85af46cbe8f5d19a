// Counts in sentences for people.
#pragma once

#include <string>
#include <string_view>

#include "harness/model/how_many.h"
#include "harness/model/natural.h"

namespace assay {

/// "1 run", "3 runs". Precondition: `noun` takes an s.
[[nodiscard]] inline std::string how_many(Natural count, std::string_view noun) {
  return to_decimal(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace assay
