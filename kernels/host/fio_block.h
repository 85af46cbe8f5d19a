// Blocks that fio has written with verify=crc32c and verify_interval=4096: each says its place and
// its time, and has a checksum of its header and one of its data (verify.h of fio 3).
#pragma once

#include <cstdint>
#include <string>

namespace assay::storage {

struct FioBlockDue {
  std::uint64_t offset = 0;                ///< In the file, in bytes.
  std::int64_t from_ns = 0, until_ns = 0;  ///< Between which it was made; of CLOCK_MONOTONIC.
};

/// Whether the block begins as one of fio's; it may still be wrong.
[[nodiscard]] bool is_fio_block(const std::uint64_t* words);

/// What a block of 4 KiB is if not the one that is due: "a block of zeros". "" if it is. Its data
/// is only known not to repeat: which it had to be is fio's word.
[[nodiscard]] std::string fault_in_fio_block(const FioBlockDue& due, const std::uint64_t* words);

/// CRC-32C (Castagnoli, reflected, from ~0), without the inversion at its end, as fio has it.
[[nodiscard]] std::uint32_t crc32c(const std::uint8_t* bytes, std::uint64_t count);

}  // namespace assay::storage
