// What a run says that it moved, beside what process and device count.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kernels/backend.h"
#include "kernels/host/storage_outside.h"

namespace assay::storage {

class Claims {
 public:
  Claims() = default;
  /// Of the run's `directory`, by the witness that the problem asks for. Fails with unsupported
  /// where the directory can't be looked at.
  [[nodiscard]] static Result<Claims> open(const std::string& directory,
                                           const StorageProblem& problem, StorageOutside outside);

  [[nodiscard]] const FileSystem& file_system() const { return file_system_; }

  /// From now on: what was moved before would hide what isn't moved later.
  void begin();
  void add(std::uint64_t bytes, bool is_written) { (is_written ? written_ : read_) += bytes; }
  /// Looks how much of a file's first `bytes` is in the page cache. Fails with not_witnessed.
  Result<Done> sample_residency(int file, std::uint64_t bytes);

  /// `directory`: on the file system; `data_bytes`: what the run has on it.
  [[nodiscard]] std::vector<Noted> notes(const std::string& directory,
                                         std::uint64_t data_bytes) const;

 private:
  Claims(FileSystem file_system, StorageOutside outside, StorageProblem::Witness witness)
      : file_system_(std::move(file_system)), outside_(std::move(outside)), witness_(witness) {}

  FileSystem file_system_;
  StorageOutside outside_;
  StorageProblem::Witness witness_ = StorageProblem::Witness::process;
  MovedBytes before_;
  std::uint64_t read_ = 0, written_ = 0;
  std::uint64_t most_resident_ppm_ = 0;
};

}  // namespace assay::storage
