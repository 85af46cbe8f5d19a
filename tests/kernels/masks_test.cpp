// What the host refuses when oneDNN may not use all of this CPU. CTest runs this once for each
// mask: see masks.cmake.
#include <cstdlib>
#include <regex>
#include <string>

#include <gtest/gtest.h>

#include "kernels/host/host_backend.h"

namespace assay {
namespace {

class Masks : public testing::Test {
 protected:
  [[nodiscard]] static std::string mask() {
    // One thread: nothing changes the environment meanwhile.
    const char* const set =
        std::getenv("ONEDNN_MAX_CPU_ISA");  // NOLINT(concurrency-mt-unsafe): one thread
    return set == nullptr ? "" : set;
  }

  [[nodiscard]] std::string refusal(const GemmProblem& problem) {
    const auto supported = host_->supports(problem, device_);
    const auto prepared = host_->prepare(problem, device_, Seed{});
    EXPECT_EQ(supported.has_value(), prepared.has_value());
    if (supported) {
      return "";
    }
    EXPECT_EQ(supported.error().code, Error::Code::unsupported);
    EXPECT_EQ(supported.error().message, prepared.error().message);
    return supported.error().message;
  }

  [[nodiscard]] static testing::AssertionResult matches(const std::string& message,
                                                        const std::string& pattern) {
    return std::regex_match(message, std::regex("oneDNN [0-9.]+ " + pattern))
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << "'" << message << "' is not '" << pattern << "'";
  }

  std::unique_ptr<Backend> host_ = make_host_backend();
  Device device_ = host_->devices()->front();
  GemmProblem f32_{.m = 64, .n = 64, .k = 64};
  GemmProblem bf16_{.input = NumberType::bf16, .m = 64, .n = 64, .k = 64};
  GemmProblem s8_{.input = NumberType::s8,
                  .accumulate = NumberType::s32,
                  .output = NumberType::s32,
                  .m = 64,
                  .n = 64,
                  .k = 64};
};

TEST_F(Masks, NeverTakeF32Away) {
  EXPECT_EQ(refusal(f32_), "");
}

TEST_F(Masks, TakeBf16AndS8AwayByName) {
  const std::string no_bf16 = "has no bf16 to f32 product on avx2";
  const std::string no_s8 = "has no exact s8 product on avx(2|512_core) \\(it saturates\\)";
  const std::string bf16 = refusal(bf16_);
  const std::string s8 = refusal(s8_);
  // Without a mask, and for bf16 with AVX-512, it is for the CPU to have them or not.
  EXPECT_TRUE((mask() != "AVX2" && bf16.empty()) || matches(bf16, no_bf16));
  EXPECT_TRUE((mask().empty() && s8.empty()) || matches(s8, no_s8));
}

}  // namespace
}  // namespace assay
