#include "harness/run/repeat.h"

#include <array>

namespace assay {
namespace {

constexpr std::int64_t k_longest_ns = 10'000'000'000;

Result<bool> is_wrong_again(Kernel& kernel, const Step& step, const Digest& challenge) {
  const std::array<Step, 1> steps{step};
  const std::array<std::uint32_t, 1> full{0};
  if (auto done = kernel.poison(steps); !done) {
    return done.error();
  }
  if (auto done = kernel.run(steps); !done) {
    return done.error();
  }
  const auto checked = kernel.check(steps, challenge, full);
  if (!checked) {
    return checked.error();
  }
  if (checked->full == 0) {
    return Error{Error::Code::io, "the kernel did not check the step that was done again"};
  }
  return checked->wrong > 0;
}

}  // namespace

Result<Repeated> repeat_step(Kernel& kernel, Clock& clock, const RepeatPlan& plan,
                             const Digest& seed) {
  const std::int64_t begun = clock.now_ns();
  Repeated repeated;
  while (repeated.times < plan.times) {
    if (repeated.times > 0 && clock.now_ns() - begun > k_longest_ns) {
      repeated.note = "ten seconds were over";
      return repeated;
    }
    const std::array<std::string, 1> parts{std::to_string(repeated.times)};
    const auto wrong = is_wrong_again(kernel, plan.step, derive(seed, "repetition", parts));
    if (!wrong) {
      return wrong.error();
    }
    ++repeated.times;
    repeated.wrong += *wrong ? 1U : 0U;
  }
  return repeated;
}

}  // namespace assay
