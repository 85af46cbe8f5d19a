// A case's work on one device, as every attempt has it: whoever measures goes through here.
#pragma once

#include <memory>
#include <string>

#include "harness/run/case.h"
#include "harness/run/probe.h"
#include "kernels/backend.h"
#include "reports/digest.h"

namespace assay {

/// The device with this id, the first one for "". Fails with unsupported if there is none.
[[nodiscard]] Result<Device> device_named(Backend& backend, const std::string& id);

/// What operands are drawn from, equal for all items of a round, and where files may lie.
struct KernelRun {
  Digest link{};  ///< Of the buyer's nonce.
  std::string clause;
  std::uint32_t round = 0;
  std::string scratch;  ///< Directory for a case's files; "": none.
};

/// The case's kernel with these operands. Fails with bad_input for a case that measures nothing,
/// params that make no sense, and a kernel that counts other work than the case; else as
/// Backend::prepare.
[[nodiscard]] Result<std::unique_ptr<Kernel>> prepare_kernel(Backend& backend, const Device& device,
                                                             const Case& a_case,
                                                             const Params& params,
                                                             const KernelRun& run);

/// What shows the device beside `host`, which must outlive it; nullptr where the host's is all.
[[nodiscard]] std::unique_ptr<Probe> make_device_probe(Probe& host, const Backend& backend,
                                                       const Device& device);

}  // namespace assay
