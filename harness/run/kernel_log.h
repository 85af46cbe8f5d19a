// The NVIDIA driver's Xid lines in the kernel's ring buffer.
#pragma once

#include <string>

#include "harness/model/gpu_facts.h"

namespace assay {

/// Reads every record that the buffer at `path` (a /dev/kmsg) still has, without waiting for more.
/// Lines are kept raw but for bytes that are no printable ASCII, which become '?'. Of more than 200
/// lines those are left out that mean least to a GPU.
[[nodiscard]] XidLog read_kernel_log(const std::string& path = "/dev/kmsg");

/// Adds a record as the kernel gives it ("4,1207,83512345,-;NVRM: Xid ...") to the log. False where
/// it is none, or not newer than the last one.
[[nodiscard]] bool take_kernel_record(XidLog& log, std::string_view record);

}  // namespace assay
