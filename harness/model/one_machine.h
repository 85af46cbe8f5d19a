// Whether two looks saw one machine.
#pragma once

#include <string>

#include "harness/model/gpu_facts.h"

namespace assay {

/// What nothing but a hand changes and the two show differently of a GPU that both show: the first
/// such sentence, "" if there is none. For looks between which nothing was measured or replaced.
[[nodiscard]] std::string contradiction(const MachineFacts& one, const MachineFacts& other);

}  // namespace assay
