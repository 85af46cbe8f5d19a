// The powers that weights are made of.
#include "kernels/host/softmax.h"

#include <cmath>

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Softmax, RaisesTwoExactlyToWholePowersAndToTheOthersWithinTwoUnits) {
  for (int power = 0; power >= -126; --power) {
    EXPECT_EQ(softmax_power(static_cast<float>(power)), std::ldexp(1.0F, power));
  }
  EXPECT_EQ(softmax_power(-127.0F), 0.0F);
  EXPECT_EQ(softmax_power(k_no_maximum), 0.0F);
  for (float x = 0; x > -30; x -= 0.0137F) {
    const double right = std::exp2(static_cast<double>(x));
    EXPECT_LE(std::abs(softmax_power(x) - right) / right, 2 * 0x1p-23) << x;
  }
}

}  // namespace
}  // namespace assay
