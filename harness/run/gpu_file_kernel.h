// Files that a GPU's memory is read from and written to, laid out and looked at by assay.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/backend.h"
#include "kernels/device_files.h"
#include "kernels/host/buffer.h"
#include "kernels/host/run_files.h"
#include "kernels/host/storage_outside.h"
#include "kernels/host/storage_team.h"
#include "kernels/keyed.h"

namespace assay {

/// Makes the device's buffer, of so many bytes.
using DeviceFilesMaker = std::function<Result<std::unique_ptr<DeviceFiles>>(std::uint64_t bytes)>;

/// A step moves the next extent of every client's file, front to back, between the file and a slot,
/// which is its own part of the device's buffer. Its time is from the common start of the clients
/// to the end of the last, for a write to the end of its fsync.
///
/// A slot of a reader is wiped before each step, and compared after it: drawn blocks, whole slots
/// as drawn. A writer's slot gets blocks of a generation that no other has before the time begins;
/// after it, they are read again from the file past the page cache, and not by the device.
class GpuFileKernel final : public Kernel {
 public:
  /// What prepare() would refuse without moving anything.
  [[nodiscard]] static Result<Done> supports(const StorageProblem& problem);
  [[nodiscard]] static Result<std::unique_ptr<GpuFileKernel>> prepare(const StorageProblem& problem,
                                                                      const Seed& seed,
                                                                      const DeviceFilesMaker& maker,
                                                                      StorageOutside outside = {});

  GpuFileKernel(StorageProblem problem, const Seed& seed, StorageOutside outside);

  [[nodiscard]] Ran ran() const override;
  [[nodiscard]] Dimension dimension() const override { return Dimension::byte_rate; }
  [[nodiscard]] Natural work_per_step() const override { return step_bytes(); }
  [[nodiscard]] std::uint64_t tuples() const override;
  [[nodiscard]] std::uint32_t slots() const override;
  Result<Done> poison(std::span<const Step> steps) override;
  Result<Done> run(std::span<const Step> steps) override;
  [[nodiscard]] std::optional<std::int64_t> timed_ns() const override { return timed_ns_; }
  Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps) override;
  Result<CheckResult> check(std::span<const Step> steps, const Seed& challenge,
                            std::span<const std::uint32_t> full) override;
  Result<Done> flip(std::uint32_t slot, std::uint64_t bit) override;
  [[nodiscard]] std::uint64_t slot_bits() const override { return 8 * step_bytes(); }
  /// As StorageKernel's, and what the device's side moved, by its own word and by its driver's.
  void begin_window() override;
  Result<std::vector<Noted>> notes() override;

 private:
  struct Slot {
    bool is_used = false;
    std::uint64_t tuple = 0, offset = 0, generation = 0;  ///< Offset: in every file.
  };
  using Found = Result<std::optional<Mismatch>>;
  /// A part of a step's extent of one file.
  struct Stretch {
    std::uint64_t client = 0, offset = 0, bytes = 0;
  };

  Result<Done> open(const DeviceFilesMaker& maker);
  Result<Done> lay_out();
  Result<Done> prove_direct();
  [[nodiscard]] bool writes() const { return problem_.op == StorageProblem::Op::write; }
  [[nodiscard]] std::uint64_t step_bytes() const {
    return problem_.clients * problem_.extent_bytes;
  }
  [[nodiscard]] std::uint64_t rows() const { return problem_.file_bytes / problem_.extent_bytes; }
  [[nodiscard]] std::uint64_t place_of(std::uint32_t slot, std::uint64_t client) const {
    return slot * step_bytes() + client * problem_.extent_bytes;
  }
  [[nodiscard]] storage::BlockName name_of_block(const Slot& slot, std::uint64_t client,
                                                 std::uint64_t offset) const;
  Result<Done> run_batch(std::span<const Step> steps);
  Result<Done> fill(std::uint32_t slot);
  Result<Done> move_all(std::uint32_t slot, std::uint64_t client);
  Found fault_in(std::uint32_t slot, const Stretch& stretch);
  Found fault_of_drawn(std::uint32_t slot, const Keyed& draw);
  Found fault_of_whole(std::uint32_t slot);

  StorageProblem problem_;
  Seed seed_;
  StorageOutside outside_;
  storage::Claims claims_;
  std::unique_ptr<storage::ScratchSpace> space_;
  std::vector<storage::DirectFile> files_;
  storage::StorageTeam team_;
  std::unique_ptr<DeviceFiles> device_;  ///< Goes before the files that it knows.
  DirectPath before_;
  std::vector<Slot> slots_;
  Buffer memory_;             ///< Of the host, for what is laid out and looked at.
  std::uint64_t cursor_ = 0;  ///< Steps so far.
  std::uint64_t moved_ = 0;   ///< Bytes, by the device's side, since it was looked at before.
  std::int64_t timed_ns_ = 0;
};

}  // namespace assay
