// One step done again and again, to see whether it is wrong each time.
#pragma once

#include <cstdint>
#include <string>

#include "harness/run/clock.h"
#include "kernels/backend.h"
#include "reports/digest.h"

namespace assay {

struct RepeatPlan {
  Step step;
  std::uint32_t times = 0;
};

struct Repeated {
  std::uint32_t times = 0, wrong = 0;
  std::string note;  ///< Why fewer times than planned; "" where it wasn't.
};

/// Poisons, runs and checks the step as a whole each time; ends with a note where that has taken
/// ten seconds. `seed`: of the challenges. Fails as the kernel does.
[[nodiscard]] Result<Repeated> repeat_step(Kernel& kernel, Clock& clock, const RepeatPlan& plan,
                                           const Digest& seed);

}  // namespace assay
