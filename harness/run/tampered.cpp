#include "harness/run/tampered.h"

#include <vector>

namespace assay {
namespace {

constexpr std::int64_t k_billion = 1'000'000'000;

std::int64_t share_of(std::int64_t time_ns, std::uint64_t ppb) {
  return static_cast<std::int64_t>(static_cast<Natural>(time_ns) * ppb / k_billion);
}

}  // namespace

Result<Done> TamperedKernel::run_then_flip(std::span<const Step> steps) {
  if (auto ran = inner_.run(steps); !ran) {
    return ran;
  }
  for (const Step& step : steps) {  // in each, since whole slots are checked by draw
    if (auto flipped = inner_.flip(step.slot, draw_.below(inner_.slot_bits())); !flipped) {
      return flipped;
    }
  }
  return Done{};
}

Result<Done> TamperedKernel::run_slowly(std::span<const Step> steps) {
  Clock& clock = system_clock();
  const std::int64_t begun = clock.now_ns();
  auto ran = inner_.run(steps);
  const std::int64_t until = clock.now_ns() + share_of(clock.now_ns() - begun, delay_ppb_) + 1;
  while (clock.now_ns() < until) {
  }
  return ran;
}

Result<Done> TamperedKernel::run(std::span<const Step> steps) {
  if (steps.empty() || tampering_ == Tampering::none) {
    return inner_.run(steps);
  }
  if (tampering_ == Tampering::flipped_bit) {
    return run_then_flip(steps);
  }
  if (tampering_ == Tampering::slow) {
    return run_slowly(steps);
  }
  std::vector<Step> changed(steps.begin(), steps.end());
  const auto place = static_cast<std::ptrdiff_t>(draw_.below(changed.size()));
  if (tampering_ == Tampering::skipped_step) {
    changed.erase(changed.begin() + place);
  } else {
    Step& step = changed[static_cast<std::size_t>(place)];
    const std::uint64_t other = (step.tuple + 1) % inner_.tuples();
    step.tuple = last_tuple_ == step.tuple ? other : last_tuple_;
  }
  last_tuple_ = steps.back().tuple;
  return changed.empty() ? Result<Done>(Done{}) : inner_.run(changed);
}

std::int64_t SlowedClock::now_ns() {
  const std::int64_t passed = inner_.now_ns() - begin_ns_;
  return begin_ns_ + passed - share_of(passed, slow_ppb_);
}

}  // namespace assay
