// Saving and restoring checkpoints, every byte checkable.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernels/backend.h"
#include "kernels/host/run_files.h"
#include "kernels/host/storage_outside.h"
#include "kernels/host/storage_team.h"

namespace assay {

/// A step saves or restores one checkpoint, a shard for each client. Saved is what has its name for
/// good: a shard is written under another name, synced, renamed over the one of before, and the
/// directory synced. Restored is what another client has read from a file opened anew and compared.
/// A slot is the name of a checkpoint; its shards of before stay there until they are replaced.
///
/// Every step is timed by itself, from the common start of the clients to the end of the last: what
/// was saved is read back as a whole, by other clients, outside that time.
class CheckpointKernel final : public Kernel {
 public:
  [[nodiscard]] static Result<std::unique_ptr<CheckpointKernel>> prepare(
      const StorageProblem& problem, const Seed& seed, StorageOutside outside = {});

  CheckpointKernel(StorageProblem problem, const Seed& seed, StorageOutside outside);

  [[nodiscard]] Ran ran() const override;
  [[nodiscard]] Dimension dimension() const override { return Dimension::byte_rate; }
  [[nodiscard]] Natural work_per_step() const override {
    return Natural{problem_.clients} * problem_.file_bytes;
  }
  [[nodiscard]] std::uint64_t tuples() const override;
  [[nodiscard]] std::uint32_t slots() const override;
  Result<Done> poison(std::span<const Step> steps) override;
  Result<Done> run(std::span<const Step> steps) override;
  [[nodiscard]] std::optional<std::int64_t> timed_ns() const override { return timed_ns_; }
  Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps) override;
  /// All bytes of all steps, whatever is asked for.
  Result<CheckResult> check(std::span<const Step> steps, const Seed& challenge,
                            std::span<const std::uint32_t> full) override;
  Result<Done> flip(std::uint32_t slot, std::uint64_t bit) override;
  [[nodiscard]] std::uint64_t slot_bits() const override;
  void begin_window() override { claims_.begin(); }  // a soak would hide what a window lacks
  Result<std::vector<Noted>> notes() override;

 private:
  /// What a slot holds: by client, the inode of the shard that was written for it.
  struct Slot {
    bool is_used = false;
    std::uint64_t tuple = 0, generation = 0;
    std::vector<std::uint64_t> inodes;
    storage::BlockFindings restored;
  };

  Result<Done> open();
  [[nodiscard]] bool saves() const { return problem_.op == StorageProblem::Op::save; }
  [[nodiscard]] std::string path_of(std::uint32_t slot, std::size_t client) const;
  [[nodiscard]] storage::BlockName name_of_shard(std::uint32_t slot, std::size_t shard) const;
  Result<Done> save(std::uint32_t slot, std::uint64_t generation);
  Result<Done> save_shard(std::uint32_t slot, std::size_t client);
  /// Client i reads the shard of client i + shift.
  Result<storage::BlockFindings> restore(std::uint32_t slot, std::uint64_t shift);
  Result<storage::BlockFindings> read_shard(std::uint32_t slot, std::size_t reader,
                                            std::size_t shard, std::uint64_t bytes);
  [[nodiscard]] std::uint64_t shift_by(std::uint64_t drawn) const;
  [[nodiscard]] std::optional<Mismatch> fault_in(const Step& step,
                                                 const storage::BlockFindings& found) const;

  StorageProblem problem_;
  Seed seed_;
  StorageOutside outside_;
  std::unique_ptr<storage::ScratchSpace> space_;
  storage::Claims claims_;
  storage::StorageTeam team_;
  storage::OwnedDescriptor directory_;
  std::vector<Slot> slots_;
  std::uint64_t saved_ = 0;  ///< Checkpoints so far: generations.
  std::int64_t timed_ns_ = 0;
};

}  // namespace assay
