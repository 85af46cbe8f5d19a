// What the operands of a round are drawn from.
#pragma once

#include <cstdint>
#include <string>

#include "reports/digest.h"

namespace assay {

/// Of the round's link of the buyer's nonce, and nothing of the item: equal on all of them.
[[nodiscard]] Digest operand_seed(const Digest& link, const std::string& clause,
                                  std::uint32_t round);

}  // namespace assay
