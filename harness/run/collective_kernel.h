// A collective as a kernel: this process tells the ranks what to do and is none itself.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/run/call_times.h"
#include "harness/run/link_times.h"
#include "harness/run/rank_job.h"
#include "harness/run/ranks_seen.h"
#include "kernels/backend.h"

namespace assay {

/// The time of a call is the longest of all ranks' from the common start that they agreed on for
/// it until it saw the call's end. A rank that reaches its start late is late in its time, too.
/// Every element of every call is compared on every rank, between the calls that are timed.
class CollectiveKernel final : public Kernel {
 public:
  /// Fails with unsupported, by name, where the ranks can't be started, the problem is not exact or
  /// memory is short; else as RankJob::start.
  [[nodiscard]] static Result<std::unique_ptr<CollectiveKernel>> prepare(
      const RankLaunch& launch, const CollectiveProblem& problem, const Seed& seed);
  /// Of ranks on devices, which their backend supports: as RankJob::start.
  [[nodiscard]] static Result<std::unique_ptr<CollectiveKernel>> start(
      const RankLaunch& launch, const CollectiveProblem& problem, const Seed& seed);
  /// What prepare() would refuse without starting anything.
  [[nodiscard]] static Result<Done> supports(const RankLaunch& launch,
                                             const CollectiveProblem& problem);

  /// Of a job whose ranks have begun this problem, and no other since. `case_id`: for messages,
  /// where the problem is part of another case's; "": its own.
  CollectiveKernel(const CollectiveProblem& problem, std::shared_ptr<RankJob> job,
                   std::string case_id = "")
      : problem_(problem),
        case_id_(std::move(case_id)),
        job_(std::move(job)),
        links_(problem, is_links() ? job_->places() : std::vector<std::uint32_t>()) {}

  [[nodiscard]] Ran ran() const override;
  [[nodiscard]] Dimension dimension() const override;
  [[nodiscard]] Natural work_per_step() const override;
  [[nodiscard]] std::uint64_t tuples() const override;
  [[nodiscard]] std::uint32_t slots() const override;
  Result<Done> poison(std::span<const Step> steps) override;
  Result<Done> run(std::span<const Step> steps) override;
  [[nodiscard]] std::optional<std::int64_t> timed_ns() const override { return timed_ns_; }
  Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps) override;
  Result<CheckResult> check(std::span<const Step> steps, const Seed& challenge,
                            std::span<const std::uint32_t> full) override;
  Result<Done> flip(std::uint32_t slot, std::uint64_t bit) override;
  [[nodiscard]] std::uint64_t slot_bits() const override { return 8 * problem_.bytes; }
  [[nodiscard]] std::vector<std::int32_t> processes() const override;
  void begin_window() override { window_begins_ = true; }
  Result<std::vector<Noted>> notes() override;

 private:
  Result<std::vector<RankRecord>> ask(RankCommand command, std::span<const Step> steps);
  [[nodiscard]] bool is_links() const { return problem_.op == CollectiveProblem::Op::links; }
  Result<Done> look_before();
  std::int64_t longest_of(const std::vector<RankRecord>& records, std::size_t call);
  void take_times(const std::vector<RankRecord>& records, std::size_t step);

  CollectiveProblem problem_;
  std::string case_id_;
  std::shared_ptr<RankJob> job_;
  std::int64_t timed_ns_ = 0;
  std::int64_t lead_ns_ = 20'000;
  std::int64_t device_ns_ = 0;  ///< Of all calls, by the events of the slowest device.
  bool window_begins_ = false;
  std::optional<RanksSeen> before_;  // the window
  CallTimes times_;
  std::int64_t late_calls_ = 0;
  LinkTimes links_;
};

}  // namespace assay
