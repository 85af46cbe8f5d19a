#include "reports/false_accept.h"

#include <vector>

#include "harness/model/sign_plan.h"

namespace assay {

std::optional<Ratio> false_accept(Rule rule) {
  const auto looks = looks_of(rule);
  if (looks.empty()) {
    return std::nullopt;
  }
  // ways[b]: how many of the 2^runs equally likely courses have b runs below and are undecided.
  std::vector<Natural> ways{1};
  Natural accepted = 0;  // courses of `runs` runs that were accepted by now
  std::uint32_t runs = 0;
  for (const Look& look : looks) {
    for (; runs < look.runs; ++runs) {
      accepted *= 2;
      ways.push_back(0);
      for (std::size_t below = ways.size() - 1; below > 0; --below) {
        ways[below] += ways[below - 1];
      }
    }
    for (std::size_t below = 0; below < ways.size(); ++below) {
      if (below <= look.accept) {
        accepted += ways[below];
      }
      if (below <= look.accept || below >= look.reject) {
        ways[below] = 0;
      }
    }
  }
  return Ratio{.numerator = accepted, .denominator = Natural{1} << runs};
}

}  // namespace assay
