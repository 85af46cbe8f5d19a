// Writing and reading files past the page cache, every byte checkable.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernels/backend.h"
#include "kernels/host/drawn_places.h"
#include "kernels/host/run_files.h"
#include "kernels/host/storage_outside.h"
#include "kernels/host/storage_pace.h"
#include "kernels/host/storage_team.h"

namespace assay {

/// A step takes the next extent of every client's file, or so many bytes in requests all over it,
/// so that all data is passed before any of it is used again; a slot is what a step left.
///
/// A write is of a generation that no other has, and is read again: drawn blocks of every step,
/// whole steps as drawn. What is read is compared word by word as it arrives, inside the time that
/// counts: what is not verified is not read.
class StorageKernel final : public Kernel {
 public:
  [[nodiscard]] static Result<std::unique_ptr<StorageKernel>> prepare(const StorageProblem& problem,
                                                                      const Seed& seed,
                                                                      StorageOutside outside = {});

  StorageKernel(StorageProblem problem, const Seed& seed, StorageOutside outside);

  [[nodiscard]] Ran ran() const override;
  [[nodiscard]] Dimension dimension() const override { return Dimension::byte_rate; }
  [[nodiscard]] Natural work_per_step() const override {
    return Natural{problem_.clients} * problem_.extent_bytes;
  }
  [[nodiscard]] std::uint64_t tuples() const override;
  [[nodiscard]] std::uint32_t slots() const override;
  Result<Done> poison(std::span<const Step> steps) override;
  Result<Done> run(std::span<const Step> steps) override;
  Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps) override;
  Result<CheckResult> check(std::span<const Step> steps, const Seed& challenge,
                            std::span<const std::uint32_t> full) override;
  Result<Done> flip(std::uint32_t slot, std::uint64_t bit) override;
  [[nodiscard]] std::uint64_t slot_bits() const override;
  /// The bytes claimed since all was laid out beside those that process and device count, what
  /// share of the files was in the page cache at most, and how full the file system is.
  void begin_window() override { claims_.begin(); }  // a soak would hide what a window lacks
  Result<std::vector<Noted>> notes() override;

 private:
  using Extents = std::vector<storage::Extent>;

  /// What a step did last.
  struct Slot {
    bool is_used = false;
    std::uint64_t tuple = 0;
    Extents written;
    std::uint64_t blocks_read = 0;  ///< That the step asked for.
    storage::BlockFindings found;   ///< Of what was read.
  };

  Result<Done> open();
  Result<Done> lay_out();
  Result<Done> prove_direct();
  [[nodiscard]] bool only_writes() const { return problem_.op == StorageProblem::Op::write; }
  [[nodiscard]] bool writes() const {
    return only_writes() || problem_.op == StorageProblem::Op::mixed;
  }
  [[nodiscard]] std::uint64_t rows() const { return problem_.file_bytes / problem_.extent_bytes; }
  [[nodiscard]] storage::Extent extent_at(std::uint64_t client, std::uint64_t offset,
                                          std::uint64_t generation) const;
  void add_row(std::uint64_t generation, Extents& extents) const;
  void add_drawn(std::uint64_t generation, Extents& extents) const;
  Result<std::vector<storage::BlockFindings>> move(std::span<const storage::Extent> extents);
  Result<std::vector<storage::BlockFindings>> train(std::span<const storage::Extent> extents);
  Result<std::vector<storage::BlockFindings>> read_again(Extents extents);
  [[nodiscard]] std::optional<Mismatch> stale(const Step& step) const;
  Result<std::vector<std::optional<Mismatch>>> check_written(std::span<const Step> steps,
                                                             const Seed& challenge,
                                                             std::span<const std::uint32_t> full);

  StorageProblem problem_;
  Seed seed_;
  StorageOutside outside_;
  storage::Claims claims_;
  std::unique_ptr<storage::ScratchSpace> space_;
  std::vector<storage::DirectFile> files_;
  storage::StorageTeam team_;
  std::vector<Slot> slots_;
  std::vector<storage::DrawnPlaces> read_places_, write_places_;  ///< Of requests, by client.
  storage::Pace pace_;                                            ///< Of a training run.
  std::uint64_t cursor_ = 0;                                      ///< Steps so far.
};

}  // namespace assay
