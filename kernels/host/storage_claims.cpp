#include "kernels/host/storage_claims.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace assay::storage {
namespace {

constexpr std::uint64_t k_million = 1'000'000;

/// Bytes moved since `before`; none where either end is hidden.
Noted moved_since(std::string name, std::optional<std::uint64_t> before,
                  std::optional<std::uint64_t> after, const std::string& reason) {
  if (!before || !after) {
    return {.name = std::move(name), .value = std::nullopt, .reason = reason};
  }
  return {.name = std::move(name), .value = static_cast<std::int64_t>(*after - *before)};
}

Noted noted(std::string name, std::uint64_t value) {
  return {.name = std::move(name), .value = static_cast<std::int64_t>(value)};
}

}  // namespace

Result<Claims> Claims::open(const std::string& directory, const StorageProblem& problem,
                            StorageOutside outside) {
  auto file_system = file_system_of(directory);
  return file_system
             ? Result<Claims>(Claims(*std::move(file_system), std::move(outside), problem.witness))
             : file_system.error();
}

void Claims::begin() {
  before_ = outside_.moved(file_system_);
  read_ = 0;
  written_ = 0;
}

Result<Done> Claims::sample_residency(int file, std::uint64_t bytes) {
  const auto resident = outside_.resident(file, bytes);
  if (!resident) {
    return resident.error();
  }
  most_resident_ppm_ = std::max(most_resident_ppm_, *resident);
  return Done{};
}

std::vector<Noted> Claims::notes(const std::string& directory, std::uint64_t data_bytes) const {
  constexpr const char* k_no_process = "/proc/self/io could not be read";
  constexpr const char* k_no_device =
      "the file system is not one of a block device of this machine";
  const MovedBytes now = outside_.moved(file_system_);
  const auto room = file_system_of(directory);
  const std::uint64_t usable = room ? room->used_bytes + room->available_bytes : 0;
  std::vector<Noted> notes{
      noted("storage_read_claimed_bytes", read_),
      noted("storage_written_claimed_bytes", written_),
      moved_since("storage_read_process_bytes", before_.process_read, now.process_read,
                  k_no_process),
      moved_since("storage_written_process_bytes", before_.process_written, now.process_written,
                  k_no_process),
      moved_since("storage_read_device_bytes", before_.device_read, now.device_read, k_no_device),
      moved_since("storage_written_device_bytes", before_.device_written, now.device_written,
                  k_no_device),
      noted("storage_resident_ppm", most_resident_ppm_),
      noted("storage_data_bytes", data_bytes),
      file_system_.volatile_cache
          ? noted("storage_volatile_cache", *file_system_.volatile_cache ? 1 : 0)
          : Noted{.name = "storage_volatile_cache",
                  .value = std::nullopt,
                  .reason = "no block device says whether it has one"},
      usable > 0 ? noted("storage_fill_ppm",
                         static_cast<std::uint64_t>(Natural{room->used_bytes} * k_million / usable))
                 : Noted{.name = "storage_fill_ppm",
                         .value = std::nullopt,
                         .reason = "the file system shows no size"}};
  if (witness_ == StorageProblem::Witness::network) {
    const std::string& hidden =
        before_.network_fault.empty() ? now.network_fault : before_.network_fault;
    notes.push_back(
        moved_since("storage_read_network_bytes", before_.network_read, now.network_read, hidden));
    notes.push_back(moved_since("storage_written_network_bytes", before_.network_written,
                                now.network_written, hidden));
  }
  return notes;
}

}  // namespace assay::storage
