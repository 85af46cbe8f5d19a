// Training runs: shuffled samples, as fast as simulated accelerators take them.
#include "kernels/host/storage_pace.h"

#include <chrono>

#include "kernels/host/storage_kernel.h"
#include "tests/doubles/lying_disk.h"
#include "tests/kernels/storage_fixture.h"

namespace assay {
namespace {

using testing_doubles::DiskFault;
using testing_doubles::lying_disk;

constexpr std::uint64_t k_ms = 1'000'000;

class TrainingRuns : public testing_doubles::StorageFolder {
 protected:
  [[nodiscard]] Result<std::unique_ptr<StorageKernel>> prepare(std::uint64_t compute_ns) const {
    return StorageKernel::prepare({.op = StorageProblem::Op::training,
                                   .clients = 2,
                                   .file_bytes = 1 << 20U,
                                   .extent_bytes = 64 << 10U,
                                   .request_bytes = 16 << 10U,
                                   .depth = 3,
                                   .compute_ns = compute_ns,
                                   .directory = folder_},
                                  Seed{1, 2, 3}, outside_);
  }
};

TEST_F(TrainingRuns, ReadEverySampleAndCompareIt) {
  const auto kernel = prepare(1);
  ASSERT_TRUE(kernel) << kernel.error().message;
  for (const std::uint64_t first : {0U, 100U}) {
    const CheckResult result = run_and_check(**kernel, steps(first, 16));
    EXPECT_EQ(result.wrong, 0U);
    EXPECT_EQ(result.tiles, 16U);
  }
  EXPECT_EQ(noted(**kernel, "storage_read_claimed_bytes"), 2 * 16 * 2 * (64 << 10U));
  EXPECT_TRUE((*kernel)->work_per_step() == (128U << 10U));
}

TEST_F(TrainingRuns, ShowAWrongSample) {
  outside_.queue = lying_disk(DiskFault::flipped_bit, 9, false);
  const auto kernel = prepare(1);
  ASSERT_TRUE(kernel);
  EXPECT_GT(run_and_check(**kernel, steps(0, 4)).wrong, 0U);
}

/// Two are read ahead, so ten batches take the time of computing on eight at least.
TEST_F(TrainingRuns, AreNoFasterThanTheirAccelerators) {
  const auto kernel = prepare(2 * k_ms);
  ASSERT_TRUE(kernel);
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE((*kernel)->run(steps(0, 10)));
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(16));
  const std::int64_t utilised = noted(**kernel, "storage_accelerator_ppm");
  EXPECT_GT(utilised, 0);
  EXPECT_LE(utilised, 1'000'000);
}

/// Each batch of four samples comes in 20 ms at best, and is computed on in 1 ms.
TEST_F(TrainingRuns, LeaveAcceleratorsIdleWhereTheDiskIsSlow) {
  outside_.queue = lying_disk(DiskFault::slow, 0, false);
  const auto kernel = prepare(k_ms);
  ASSERT_TRUE(kernel);
  ASSERT_TRUE((*kernel)->run(steps(0, 4)));
  EXPECT_LT(noted(**kernel, "storage_accelerator_ppm"), 200'000);
}

TEST(Pace, UtilisesAnAcceleratorWhollyThatNeverWaits) {
  storage::Pace pace(1, 50 * k_ms);
  EXPECT_FALSE(pace.utilisation_ppm());
  for (int batch = 0; batch < 2; ++batch) {
    pace.wait_for_room(0);
    pace.take(0);
  }
  EXPECT_EQ(pace.utilisation_ppm(), 1'000'000);
}

}  // namespace
}  // namespace assay
