// Whether a contract's clauses bind all that a line delivers.
#pragma once

#include <cstddef>
#include <string_view>

#include "harness/model/contract.h"

namespace assay {

/// Which parts of that inventory line no mandatory clause measures (to look at them is not to
/// measure them): "GPUs", "links", or "" if there are none such. GPUs are measured by a clause on
/// each GPU or on the system, which is made of them; links by one on each link only, since no other
/// can say which one is bad.
[[nodiscard]] std::string_view unmeasured_parts(const Contract& contract, std::size_t line);

}  // namespace assay
