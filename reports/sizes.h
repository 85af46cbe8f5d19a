// How large a campaign's files may be. Who writes a file and who reads it hold to the same bound,
// or evidence could be made that nobody reads.
#pragma once

#include <cstddef>

namespace assay {

inline constexpr std::size_t k_mib = std::size_t{1} << 20U;
inline constexpr std::size_t k_largest_contract = 16 * k_mib;
inline constexpr std::size_t k_largest_session = 64 * k_mib;
inline constexpr std::size_t k_largest_journal = 512 * k_mib;
inline constexpr std::size_t k_largest_signature = 64 * k_mib;  ///< nodes/00000.jws
inline constexpr std::size_t k_largest_report = 64 * k_mib;

}  // namespace assay
