#include "harness/model/sign_plan.h"

#include <array>

namespace assay {

std::span<const Look> looks_of(Rule rule) {
  static constexpr std::array k_1_5_9{Look{10, 1, 9}, Look{20, 5, 15}, Look{30, 9, 21}};
  static constexpr std::array k_1_4_8{Look{10, 1, 9}, Look{20, 4, 16}, Look{30, 8, 22}};
  switch (rule) {
    case Rule::sign_1_5_9: return k_1_5_9;
    case Rule::sign_1_4_8: return k_1_4_8;
    case Rule::once:
    case Rule::zero_wrong:
    case Rule::poisson: break;
  }
  return {};
}

}  // namespace assay
