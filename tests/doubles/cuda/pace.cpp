#include "tests/doubles/cuda/pace.h"

#include <chrono>
#include <thread>

#include "tests/doubles/cuda/device.h"
#include "tests/doubles/cuda/machine.h"

namespace assay::emulated {
namespace {

using namespace std::chrono_literals;

constexpr auto k_slow = 20ms;
constexpr auto k_period = 50ms;  ///< Of a throttled GPU, which works in its first tenth only.

}  // namespace

void pace_product() {
  const Fault fault = fault_here();
  if (fault == Fault::slow) {
    std::this_thread::sleep_for(k_slow);
  }
  if (fault == Fault::throttled) {
    const auto into = std::chrono::steady_clock::now().time_since_epoch() % k_period;
    std::this_thread::sleep_for(into > k_period / 10 ? k_period - into : 0ns);
  }
}

}  // namespace assay::emulated
