#include "tests/doubles/cuda/pace.h"

#include <chrono>
#include <thread>

#include "tests/doubles/cuda/device.h"
#include "tests/doubles/cuda/machine.h"

namespace assay::emulated {
namespace {

using namespace std::chrono_literals;

constexpr auto k_slow = 100ms;
constexpr auto k_period = 10ms;  ///< Of a throttled GPU, which starts one piece of work in each.

}  // namespace

void pace_product() {
  const Fault fault = fault_here();
  if (fault == Fault::slow) {
    std::this_thread::sleep_for(k_slow);
  }
  if (fault == Fault::throttled) {
    std::this_thread::sleep_for(k_period -
                                std::chrono::steady_clock::now().time_since_epoch() % k_period);
  }
}

}  // namespace assay::emulated
