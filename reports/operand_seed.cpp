#include "reports/operand_seed.h"

#include <array>

namespace assay {

Digest operand_seed(const Digest& link, const std::string& clause, std::uint32_t round) {
  const std::array<std::string, 2> parts{clause, std::to_string(round)};
  return derive(link, "operands", parts);
}

}  // namespace assay
