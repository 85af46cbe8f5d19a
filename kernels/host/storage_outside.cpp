#include "kernels/host/storage_outside.h"

#include "kernels/host/storage_room.h"

namespace assay::storage {

Result<Done> prove_direct(const StorageOutside& outside, const FileSystem& file_system, bool writes,
                          int file, std::uint64_t bytes) {
  constexpr std::uint64_t k_most_resident_ppm = 10'000;
  if (auto shown = check_device(file_system, writes); !shown) {
    return shown;
  }
  const auto resident = outside.resident(file, bytes);
  if (!resident) {
    return resident.error();
  }
  if (*resident > k_most_resident_ppm) {
    return Error{Error::Code::not_witnessed,
                 "the file system of the scratch directory (" + file_system.type +
                     ") takes O_DIRECT and ignores it: what was written past the page cache is in "
                     "it"};
  }
  return Done{};
}

}  // namespace assay::storage
