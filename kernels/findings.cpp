#include "kernels/findings.h"

#include <string>
#include <utility>

namespace assay {

CheckResult summed_up(std::vector<std::optional<Mismatch>> found, std::uint64_t full,
                      double log2_miss) {
  CheckResult result{.tiles = found.size(), .full = full, .log2_miss = full == 0 ? 0.0 : log2_miss};
  for (std::uint32_t i = 0; i < found.size(); ++i) {
    if (found[i]) {
      ++result.wrong;
      result.wrong_steps.push_back(i);
      found[i]->step = i;
      if (!result.first) {
        result.first = std::move(found[i]);
      }
    }
  }
  return result;
}

Result<Done> well_formed(const Kernel& kernel, std::span<const Step> steps,
                         std::span<const std::uint32_t> full) {
  for (const Step& step : steps) {
    if (step.tuple >= kernel.tuples()) {
      return Error{Error::Code::bad_input, "there is no tuple " + std::to_string(step.tuple)};
    }
    if (step.slot >= kernel.slots()) {
      return Error{Error::Code::bad_input, "there is no slot " + std::to_string(step.slot)};
    }
  }
  for (const std::uint32_t index : full) {
    if (index >= steps.size()) {
      return Error{Error::Code::bad_input,
                   "there is no step " + std::to_string(index) + " to check as a whole"};
    }
  }
  return Done{};
}

Result<Done> has_bit(const Kernel& kernel, std::uint32_t slot, std::uint64_t bit) {
  if (slot >= kernel.slots() || bit >= kernel.slot_bits()) {
    return Error{Error::Code::bad_input,
                 "there is no bit " + std::to_string(bit) + " in slot " + std::to_string(slot)};
  }
  return Done{};
}

}  // namespace assay
