// Files that fio writes and reads, laid out and looked at again by assay.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/run/fio_job.h"
#include "kernels/backend.h"
#include "kernels/host/buffer.h"
#include "kernels/host/run_files.h"
#include "kernels/host/storage_outside.h"
#include "kernels/host/storage_team.h"

namespace assay {

/// Everything of the outside. Tests put in its place what lies.
struct FioOutside {
  FioProgram program;
  StorageOutside storage;
};

/// A step is so many bytes of every client's file as StorageKernel's, moved by a process of fio for
/// each client; steps that follow each other in the file are one job. Its time is from the first
/// client's begin to the last one's end, to fio's own fsync, and to ours after it.
///
/// What fio reads it doesn't compare. So all that it can read is keyed data, drawn blocks of which
/// are read again and compared; a mix leaves keyed blocks and blocks of fio's. What fio writes
/// names its place and time and has a checksum: drawn blocks are read again here, whole steps as
/// drawn. Nothing of that is fio's word (docs/decisions/0011-fio.md).
class FioKernel final : public Kernel {
 public:
  /// Fails with unsupported where there is no fio or one that is not known; as StorageKernel; as
  /// run_fio().
  [[nodiscard]] static Result<std::unique_ptr<FioKernel>> prepare(const StorageProblem& problem,
                                                                  const Seed& seed,
                                                                  FioOutside outside = {});
  /// What prepare() would refuse without moving anything.
  [[nodiscard]] static Result<Done> supports(const StorageProblem& problem,
                                             const FioOutside& outside = {});

  FioKernel(StorageProblem problem, const Seed& seed, FioOutside outside);

  [[nodiscard]] Ran ran() const override;
  [[nodiscard]] Dimension dimension() const override { return Dimension::byte_rate; }
  [[nodiscard]] Natural work_per_step() const override {
    return Natural{problem_.clients} * problem_.extent_bytes;
  }
  [[nodiscard]] std::uint64_t tuples() const override;
  [[nodiscard]] std::uint32_t slots() const override;
  Result<Done> poison(std::span<const Step> steps) override;
  Result<Done> run(std::span<const Step> steps) override;
  [[nodiscard]] std::optional<std::int64_t> timed_ns() const override { return timed_ns_; }
  Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps) override;
  Result<CheckResult> check(std::span<const Step> steps, const Seed& challenge,
                            std::span<const std::uint32_t> full) override;
  Result<Done> flip(std::uint32_t slot, std::uint64_t bit) override;
  [[nodiscard]] std::uint64_t slot_bits() const override {
    return 8 * problem_.clients * problem_.extent_bytes;
  }
  void begin_window() override;
  /// As StorageKernel's, and latencies of the window's requests by fio's bins.
  Result<std::vector<Noted>> notes() override;

 private:
  /// What a step did last: where it began in every file, and between which times.
  struct Slot {
    bool is_used = false;
    std::uint64_t tuple = 0, offset = 0;
    std::int64_t from_ns = 0, until_ns = 0;
  };
  using Found = Result<std::optional<Mismatch>>;
  struct Stretch {
    std::size_t client = 0;
    std::uint64_t offset = 0, bytes = 0;
  };

  static constexpr std::uint64_t k_generation = 1;  ///< Of what is laid out: nothing follows it.
  static constexpr std::uint64_t k_again_bytes = std::uint64_t{1} << 20U;  ///< Read again at once.

  Result<Done> know_program();
  Result<Done> open();
  Result<Done> lay_out();
  Result<Done> prove_direct();
  Result<Done> try_engines();
  Result<Done> know_blocks();
  [[nodiscard]] bool only_writes() const { return problem_.op == StorageProblem::Op::write; }
  [[nodiscard]] bool writes() const {
    return only_writes() || problem_.op == StorageProblem::Op::mixed;
  }
  [[nodiscard]] bool goes_in_order() const {
    return only_writes() || problem_.op == StorageProblem::Op::read;
  }
  [[nodiscard]] std::uint64_t rows() const { return problem_.file_bytes / problem_.extent_bytes; }
  [[nodiscard]] FioJob job_of(std::size_t client, std::uint64_t offset, std::uint64_t bytes) const;
  Result<Done> run_batch(std::span<const Step> steps);
  Result<std::vector<FioMoved>> run_clients(std::uint64_t offset, std::uint64_t bytes);
  Result<std::int64_t> sync_files();
  /// The first difference in a stretch of a file, from what the step must have left or found there.
  Found fault_in(const Slot& slot, const Stretch& stretch);
  [[nodiscard]] std::optional<Mismatch> fault_of_block(const Slot& slot, std::size_t client,
                                                       std::uint64_t offset,
                                                       const std::uint64_t* words) const;
  Found fault_of_drawn(const Slot& slot, const Seed& challenge, std::size_t step);
  Found fault_of_whole(const Slot& slot);

  StorageProblem problem_;
  Seed seed_;
  FioOutside outside_;
  std::shared_ptr<void> program_;  ///< See FioProgram::mapped().
  std::string version_, engine_;
  storage::Claims claims_;
  std::unique_ptr<storage::ScratchSpace> space_;
  std::vector<storage::DirectFile> files_;
  storage::StorageTeam team_;
  std::vector<Slot> slots_;
  Buffer memory_;             ///< Of what is read again.
  std::uint64_t cursor_ = 0;  ///< Steps so far.
  std::uint64_t jobs_ = 0;    ///< Of each client so far.
  std::int64_t begun_ns_ = 0;
  std::int64_t timed_ns_ = 0;
  FioBins read_latencies_, write_latencies_;
};

}  // namespace assay
