// Creating, looking up, listing and deleting small files, every name and byte checkable.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/backend.h"
#include "kernels/host/run_files.h"
#include "kernels/host/storage_outside.h"
#include "kernels/host/storage_team.h"

namespace assay {

/// A step does one operation on `files` files of every client, whose names are drawn; each holds
/// one keyed block. What is created or deleted is durable inside the time that counts (syncfs).
/// Looked up and listed are files of another client, where there is another.
///
/// Every step is timed by itself: what it needs is made before, and what it left is verified after.
class MetadataKernel final : public Kernel {
 public:
  [[nodiscard]] static Result<std::unique_ptr<MetadataKernel>> prepare(
      const StorageProblem& problem, const Seed& seed, StorageOutside outside = {});

  MetadataKernel(StorageProblem problem, const Seed& seed, StorageOutside outside);

  [[nodiscard]] Ran ran() const override;
  [[nodiscard]] Dimension dimension() const override { return Dimension::op_rate; }
  [[nodiscard]] Natural work_per_step() const override;
  [[nodiscard]] std::uint64_t tuples() const override;
  [[nodiscard]] std::uint32_t slots() const override;
  Result<Done> poison(std::span<const Step> steps) override;
  Result<Done> run(std::span<const Step> steps) override;
  [[nodiscard]] std::optional<std::int64_t> timed_ns() const override { return timed_ns_; }
  Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps) override;
  /// All names of all steps, and all that is in what was created, whatever is asked for.
  Result<CheckResult> check(std::span<const Step> steps, const Seed& challenge,
                            std::span<const std::uint32_t> full) override;
  Result<Done> flip(std::uint32_t slot, std::uint64_t bit) override;
  [[nodiscard]] std::uint64_t slot_bits() const override { return 64; }
  void begin_window() override { claims_.begin(); }  // a soak would hide what a window lacks
  Result<std::vector<Noted>> notes() override;

 private:
  using Op = StorageProblem::Op;

  /// Names seen, or found missing, and what they add up to.
  struct Tally {
    std::uint64_t count = 0, sum = 0;
    std::string first_fault;  ///< "" if nothing else was seen.
    void add(const Tally& other);
    friend bool operator==(const Tally& a, const Tally& b) = default;
  };
  /// The directory or directories of a step.
  struct Slot {
    bool is_used = false, is_full = false;
    std::uint64_t tuple = 0, generation = 0;
    Tally seen;  ///< Of lookups and lists.
  };

  Result<Done> open();
  [[nodiscard]] std::string directory_of(std::uint32_t slot, std::size_t client) const;
  [[nodiscard]] std::string path_of(std::uint32_t slot, std::size_t client, std::uint64_t i) const;
  [[nodiscard]] std::uint64_t key_of(std::uint64_t generation, std::size_t client,
                                     std::uint64_t i) const;
  [[nodiscard]] Tally due(std::uint32_t slot, std::size_t directory_of_client) const;
  /// So many of each client.
  Result<Done> each_file(const std::function<Result<Done>(std::size_t, std::uint64_t)>& work,
                         std::uint64_t files = ~std::uint64_t{0});
  Result<Done> make_ready(std::uint32_t slot);
  Result<Done> fill(std::uint32_t slot);
  Result<Done> create(std::uint32_t slot, std::size_t client, std::uint64_t i);
  Result<Done> remove(std::uint32_t slot, std::size_t client, std::uint64_t i);
  Result<Done> empty(std::uint32_t slot);
  Result<Done> do_step(std::uint32_t slot);
  Result<Done> look_up(std::uint32_t slot);
  Result<Done> list(std::uint32_t slot);
  Result<Done> sync();
  [[nodiscard]] Tally listed(const std::string& directory) const;
  Result<std::optional<Mismatch>> fault_in(const Step& step, std::uint64_t files);
  Result<std::optional<Mismatch>> fault_in_contents(std::uint32_t slot, std::uint64_t files);

  StorageProblem problem_;
  Seed seed_;
  StorageOutside outside_;
  std::unique_ptr<storage::ScratchSpace> space_;
  storage::Claims claims_;
  storage::StorageTeam team_;
  storage::OwnedDescriptor root_;
  std::vector<Slot> slots_;
  std::uint64_t filled_ = 0;  ///< Generations so far.
  std::int64_t timed_ns_ = 0;
};

}  // namespace assay
