// The process behind a rank's socket, as the kernel shows it.
#pragma once

#include <cstdint>
#include <string>

namespace assay {

/// As this process counts it: a rank may be in a container, where another has that number. 0 if it
/// can't be seen from here.
[[nodiscard]] std::int32_t process_behind(int socket);

/// 'R' of a process that computes or waits for a CPU, 'S' of one that sleeps, 'T' of a stopped one;
/// '?' where nobody says.
[[nodiscard]] char state_of(std::int32_t process);

/// Whether the process runs this file; not where it can't be seen.
[[nodiscard]] bool runs(std::int32_t process, const std::string& file);

}  // namespace assay
